"""Bringing an installation up and down."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial

from cli import compose, database, envfile, ports, proxy
from cli.building import build
from cli.buildproblem import explain_build
from cli.errors import CommandFailed, PlatformError
from cli.host.checks import problems
from cli.host.engine import ensure_engine, refuse
from cli.host.surroundings import ca_bundle
from cli.images.ensure import Choices, ensure_images
from cli.images.mirror import Target, push_base_images
from cli.images.pull import patience_of
from cli.instance import Instance
from cli.proc import answer, run
from cli.progress import Progress, Task
from cli.waiting import wait_for

SHIELD = "continuum-link-local"      # as deployer/networks.py names it
START_TIMEOUT = "240"      # seconds until every health check must be good
# Caddy reads its Caddyfile only when it starts. A changed file is reloaded, because a new container would cut connections.
RELOAD_CADDY = ("caddy", "reload", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile",
                "--address", "unix//run/caddy/admin.sock")
CADDY_STARTS = 60      # seconds
NEEDS_PROGRAMS = ("builder", "scanner")     # their Dockerfiles copy buildctl, Grype and Syft from other images


def up(instance: Instance, progress: Progress, overrides: Mapping[str, str] | None = None) -> dict[str, str]:
    """Engine, settings, images, services, base images; each only where it is missing. Returns the settings."""
    compose.check_mountable("Continuum's folder", instance.root)
    ensure_engine(progress)
    values = envfile.ensure(instance, overrides)
    os.environ.update(proxy.chosen(values))      # pip, go, apt and builds read them there
    refuse(problems([ca_bundle(values["CA_BUNDLE"])]))
    for key in ("LOCAL_REPOSITORIES", "CA_BUNDLE"):
        compose.check_mountable(f"{key} in {instance.env_file}", values[key])
    ports.check(values, ours=compose.published_ports(instance))
    choices = Choices(instance.env_file, instance.state_dir / "images.lock", values, patience_of(values))
    images = ensure_images(progress, choices,
                           after={"python": lambda image: build_early(instance, values, image, progress)})
    compose.write_generated(instance, values, images)
    build_services(instance, progress)
    start(instance, progress)
    push_base_images(progress, Target(f"127.0.0.1:{values['REGISTRY_PORT']}", instance.state_dir / "registry" / "ca.crt"),
                     token=lambda names: base_image_token(instance, names))
    return values


def base_image_token(instance: Instance, names: list[str]) -> str:
    """A token of the registry to write base images with: orchestrator has the key that signs it."""
    lines = compose.call(instance, "exec", "-T", "orchestrator", "python", "-m", "orchestrator.credentials.registry_setup",
                         *names)
    return lines[-1]


def build_early(instance: Instance, values: Mapping[str, str], python_image: str, progress: Progress) -> None:
    """The services that need nothing but Python, while scanner's and builder's programs are still being compiled."""
    compose.write_generated(instance, values, {"PYTHON_IMAGE": python_image})
    build_services(instance, progress, "the services that need only Python",
                   *(name for name in compose.OURS if name not in NEEDS_PROGRAMS))


def build_services(instance: Instance, progress: Progress, what: str = "our seven service images",
                   *names: str) -> None:
    """`base` first: the others begin with it."""
    with progress.task(what) as task:
        try:
            for wanted in (["base"], names):
                # plain progress: with --quiet a failed step's own words are lost
                build(partial(compose.call, instance, "--progress", "plain", "build", *proxy.build_args(), *wanted,
                              task=task, env=with_local_images()))
        except CommandFailed as problem:
            raise explain_build(problem, instance.env_file) from problem


def with_local_images() -> dict[str, str]:
    """The engine's own builder: one in a container, which people may have chosen as theirs, knows none of its images.
    It is called like the context."""
    return {"BUILDX_BUILDER": answer(["docker", "context", "show"]) or "default"}


def start(instance: Instance, progress: Progress) -> None:
    """Postgres first, whose roles dbproxy needs; then all of them."""
    try:
        with progress.task("the database") as task:
            _up(instance, task, "postgres")
            database.set_up(instance, task=task)
        with progress.task("the services") as task:
            _up(instance, task, "--remove-orphans")
            wait_for(lambda: _caddy_is_told(instance, task), "Caddy to read its Caddyfile", CADDY_STARTS)
    except CommandFailed as problem:
        raise explain(instance, problem) from problem


def _caddy_is_told(instance: Instance, task: Task) -> bool:
    """False while a Caddy that has just been started does not listen yet. Raises CommandFailed where it refuses the Caddyfile."""
    try:
        compose.call(instance, "exec", "-T", "caddy", *RELOAD_CADDY, task=task,
                     next_step="mend deployer/caddy/Caddyfile; Caddy goes on with what it read before")
    except CommandFailed as problem:
        if not any("dial unix" in line for line in problem.tail):
            raise
        return False
    return True


def _up(instance: Instance, task: Task, *words: str) -> None:
    compose.call(instance, "up", "--detach", "--wait", "--wait-timeout", START_TIMEOUT, *words, task=task)


def explain(instance: Instance, problem: CommandFailed) -> PlatformError:
    explained = compose.explain(problem)
    if explained is not problem:
        return explained
    sick = compose.unhealthy(instance)
    if not sick:
        return problem
    first = sick[0].partition(":")[0]
    tail = compose.call(instance, "logs", "--no-log-prefix", "--tail", "15", first)
    return PlatformError("not every service came up:\n  " + "\n  ".join(sick) + f"\nlast lines of {first}:\n    "
                         + "\n    ".join(tail), f"docker compose -p {instance.name} logs {first} has the rest")


def down(instance: Instance, progress: Progress, *, volumes: bool = False) -> None:
    """Stop the apps and remove the services. Data stays, and so do the stopped apps, which the next `up` starts.

    With `volumes` nothing stays: apps, their networks and all data are removed.
    """
    if not instance.generated_env.exists():
        raise PlatformError(f"no installation named {instance.name} is set up here", "./continuum up makes one")
    with progress.task("stopping the services") as task:
        compose.call(instance, "down", "--remove-orphans", *(["--volumes"] if volumes else []), task=task,
                     env=dict.fromkeys(envfile.not_written_yet(instance), "none"))
    with progress.task("stopping the apps") as task:
        _each(_apps(instance), ["docker", "rm", "--force", "--volumes"] if volumes else ["docker", "stop"], task)
    if volumes:
        with progress.task("removing the apps' networks and volumes") as task:
            for kind in ("network", "volume"):
                _each(_labelled(instance, kind), ["docker", kind, "rm"], task)
            _remove_shield()
        instance.token_file.unlink(missing_ok=True)


def remove_leftovers(instance: Instance, progress: Progress) -> None:
    """Everything that carries the installation's name, where its settings are gone: a test run that was killed, in a
    folder that may be gone too. Its volumes hold passwords that nobody knows any more."""
    labels = (f"continuum.instance={instance.name}", f"com.docker.compose.project={instance.name}")
    kinds = {"container": ["docker", "ps", "--all", "--quiet"], "network": ["docker", "network", "ls", "--quiet"],
             "volume": ["docker", "volume", "ls", "--quiet"]}
    for kind, listing in kinds.items():
        found = {name for label in labels for name in (answer([*listing, "--filter", f"label={label}"]) or "").split()}
        if found:
            with progress.task(f"removing {len(found)} {kind}s of an earlier {instance.name}") as task:
                run(["docker", kind, "rm", *(["--force", "--volumes"] if kind == "container" else []), *sorted(found)], task)


def _remove_shield() -> None:
    """The network that hides link-local addresses is shared by all installations: the last one removes it."""
    used = answer(["docker", "ps", "--all", "--quiet", "--filter", f"network={SHIELD}"])
    if used == "" and answer(["docker", "network", "inspect", SHIELD]) is not None:
        run(["docker", "network", "rm", SHIELD])


def _apps(instance: Instance) -> list[str]:
    return (answer(["docker", "ps", "--all", "--quiet", "--filter", f"label=continuum.instance={instance.name}",
                    "--filter", "label=continuum.role"]) or "").split()


def _labelled(instance: Instance, kind: str) -> list[str]:
    return (answer(["docker", kind, "ls", "--quiet", "--filter",
                    f"label=continuum.instance={instance.name}"]) or "").split()


def _each(names: list[str], argv: list[str], task: Task) -> None:
    if names:
        run([*argv, *names], task)
