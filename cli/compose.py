"""`docker compose` for one installation: argv lists, and the file of generated settings that it reads."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from cli import broker, envfile, sites
from cli.certificates import ensure_certificates
from cli.errors import CommandFailed, PlatformError
from cli.host.socket import socket_for_containers
from cli.host.survey import survey
from cli.images.hubmirrors import hub_mirrors
from cli.images.logins import write_logins
from cli.instance import Instance
from cli.proc import answer, run
from cli.progress import Task
from images.grype_database.archive import write_standin

OURS = envfile.SERVICES
# buildkitd reads these only when it starts: compose makes its container again when their digest changes
READ_AT_START = tuple(f"builder/buildkit/{name}" for name in ("start.sh", "settings.sh", "buildkitd.toml"))
UNMOUNTABLE = ":'\n"      # compose splits mounts at colons, and reads generated.env's values up to the next '


def argv(instance: Instance, *words: str) -> list[str]:
    """`docker compose … words`; both settings files, the generated one last."""
    return ["docker", "compose", "--project-name", instance.name, "--project-directory", str(instance.root),
            "--file", str(instance.root / "docker-compose.yml"), "--env-file", str(instance.env_file),
            "--env-file", str(instance.generated_env), *words]


def call(instance: Instance, *words: str, task: Task | None = None, next_step: str = "",
         env: Mapping[str, str] | None = None) -> list[str]:
    """Run to the end; returns the last output lines, raises CommandFailed. `env`: for settings that no file has."""
    # The settings files decide, not a variable that happens to be set in this shell.
    kept = {key: "" for key in ("COMPOSE_FILE", "COMPOSE_PROJECT_NAME", "COMPOSE_PROFILES") if key in os.environ}
    return run(argv(instance, *words), task, cwd=instance.root, env={**kept, **(env or {})}, next_step=next_step)


def write_generated(instance: Instance, values: Mapping[str, str], images: Mapping[str, str]) -> None:
    """Everything that compose needs and nobody should edit: image names, public keys, paths, derived addresses."""
    host = survey()
    socket, group = socket_for_containers(host, images["PYTHON_IMAGE"])
    instance.prepare()
    generated = {
        "CONTINUUM_INSTANCE": instance.name,
        "STATE_DIR": str(instance.state_dir),
        "PUBLIC_URL": values["PUBLIC_URL"] or f"http://localhost:{values['DASHBOARD_PORT']}",
        "DASHBOARD_HOST": sites.dashboard_host(values),
        "APPS_PUBLIC_URL": apps_url(values, "{app}"),
        "RABBITMQ_UI_URL": f"http://localhost:{values['RABBITMQ_UI_PORT']}",
        "LOCAL_REPOSITORIES": str(repositories(instance, values)),
        "DOCKER_GID": str(group),
        "DOCKER_SOCKET": socket,
        **envfile.public_keys(values),
        **ensure_certificates(instance.state_dir / "registry", values["REGISTRY_TOKEN_KEY"]),
        **images,
        "HUB_MIRRORS": " ".join(hub_mirrors(values["DOCKER_HUB_MIRRORS"], host.engine.mirrors if host.engine else ())),
        "RABBITMQ_DEFINITIONS": broker.write(instance, values),
        "BUILDKIT_SETTINGS": digest(instance.root / name for name in READ_AT_START),
    }
    write_standin(instance.state_dir / "vulnerabilities" / "standin.tar.gz")
    write_logins(values["REGISTRY_LOGINS"], instance.state_dir / "registry-logins.json")
    instance.generated_env.write_text("".join(f"{key}='{value}'\n" for key, value in sorted(generated.items())))
    (instance.state_dir / "htpasswd").unlink(missing_ok=True)      # of earlier versions


def digest(files: Iterable[Path]) -> str:
    """The same while no file changes."""
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:16]


def check_mountable(what: str, path: str | Path) -> None:
    """Raise PlatformError for a path that compose cannot mount; `what` names where the path comes from."""
    if found := [character for character in UNMOUNTABLE if character in str(path)]:
        raise PlatformError(f"{what} is {str(path)!r}, and docker compose can't mount a path with {found[0]!r} in it",
                            "use a path without it; spaces are fine")


def apps_url(values: Mapping[str, str], app: str) -> str:
    port = "" if values["HTTP_PORT"] == "80" else f":{values['HTTP_PORT']}"
    return f"http://{app}.{values['APPS_DOMAIN']}{port}"


def repositories(instance: Instance, values: Mapping[str, str]) -> Path:
    """The local forge's folder, absolute; made where it is missing."""
    folder = (instance.root / values["LOCAL_REPOSITORIES"]).resolve()
    if not folder.exists():
        folder.mkdir(parents=True)
        folder.chmod(0o755)      # whatever the umask: orchestrator and builder read it as a user of their own
    return folder


def states(instance: Instance) -> list[dict]:
    """`{Service, State, Health, Status, …}` of each container of the installation."""
    out = answer(argv(instance, "ps", "--all", "--format", "json"))
    return [json.loads(line) for line in (out or "").splitlines() if line.startswith("{")]


def published_ports(instance: Instance) -> set[int]:
    """Ports of this machine that the installation's containers hold now."""
    return {port["PublishedPort"] for state in states(instance) for port in state.get("Publishers") or ()
            if port["PublishedPort"]}


def container(instance: Instance, service: str) -> str:
    """Id of the service's first container, running or not; raises PlatformError where there is none."""
    found = (answer(argv(instance, "ps", "--all", "--quiet", service)) or "").split()
    if not found:
        raise PlatformError(f"{service} does not run", "run ./continuum up")
    return found[0]


def address_of(instance: Instance, service: str, network: str = "control") -> str:
    """The service's IP address on one of our networks, reachable from this machine."""
    path = f'{{{{(index .NetworkSettings.Networks "{instance.name}_{network}").IPAddress}}}}'
    found = answer(["docker", "inspect", "--format", path, container(instance, service)])
    if not found:
        raise PlatformError(f"{service} has no address on the network {network}", "run ./continuum up")
    return found


def unhealthy(instance: Instance) -> list[str]:
    """One sentence for each container that is not well, with its last health output."""
    problems = []
    for state in states(instance):
        if state["State"] != "running" or state.get("Health") not in ("", "healthy"):
            problems.append(f"{state['Service']}: {state['State']} {state.get('Health', '')}".strip())
    return problems


def explain(problem: CommandFailed) -> PlatformError:
    """What the engine refused, in words where we know the cause: a taken port, no subnet left."""
    def said(*texts: str) -> str | None:
        return next((line.strip() for line in problem.tail for text in texts if text in line), None)
    if port := said("address already in use", "port is already allocated"):
        return PlatformError(f"a port that Continuum needs is taken: {port}",
                             "end the program that has it, or set another port in .env "
                             "(DASHBOARD_PORT, HTTP_PORT, HTTPS_PORT, RABBITMQ_UI_PORT, POSTGRES_PORT, REGISTRY_PORT)")
    if said("non-overlapping IPv4 address pool", "all predefined address pools"):
        return PlatformError("the Docker Engine has no subnet left for our networks; its own pools end at about 30",
                             "`docker network prune` removes unused networks; or give the engine a larger pool, "
                             '"default-address-pools" in /etc/docker/daemon.json')
    return problem
