"""The stage `build`: fetch the commit, read its configuration, build, push, tell what came out."""

from __future__ import annotations

import json
import logging
import os
import shutil
import socket
import time
from pathlib import Path

from tenacity import retry, retry_if_exception_type, stop_after_attempt

from common.secrets.sealing import unseal
from common.wire.contracts import BuildInputs, BuildOutputs, ImageRef, Limits, RepoConfig
from common.wire.errors import Failure
from common.wire.imagenames import repository
from common.wire.repofile import FILE_NAME, MAX_BYTES, parse, without_file
from common.worker.joblog import JobLog
from common.worker.jobs import Cancel
from common.worker.registry_access import RegistryAccess

from . import buildkit, dockerfile
from .allowed import Allowed, public_url
from .build_tokens import BuildTokens
from .git import PROTOCOLS, Git
from .mirrors import Commit, Mirrors, Origin
from .process import run
from .progress import Progress
from .reasons import Broken, MixedUp, explain
from .registry import Image, Registry
from .settings import BuilderSettings
from .source import Source
from .workspace import Workspace, tell_apart

log = logging.getLogger(__name__)

TRIM_EVERY = 600                # seconds
LEAST_FREE = 1024**3            # bytes on our disk, under which no build is begun


class Builder:
    """What the jobs of one builder share."""

    def __init__(self, settings: BuilderSettings):
        self._settings = settings
        self.registry = Registry(f"https://{settings.registry}", settings.registry_ca)
        self.access = RegistryAccess("builder", settings.service_key.get_secret_value())
        self.tokens = BuildTokens(self.access, settings.registry, settings.registry_logins)

    def start(self) -> None:
        """Called once in the worker process: sweep what a killed one left, make folders."""
        settings = self._settings
        self._workspace = Workspace(settings.builder_state / "work")
        if self._workspace.swept:
            log.info("swept the folders of %d dead builders", self._workspace.swept)
        plain = ("http",) if self._settings.forge_url.startswith("http://") else ()
        self._git = Git(self._workspace.folder, (*PROTOCOLS, *plain))
        self._mirrors = Mirrors(settings.builder_state / "mirrors", self._git)
        self._trimmed = time.monotonic() - TRIM_EVERY

    def stop(self) -> None:
        self._workspace.close()

    def build(self, inputs: BuildInputs, log: JobLog, cancel: Cancel) -> dict:
        """BuildOutputs as a dict; raises Failure with the reason where the work said no."""
        with self._workspace.job(f"{inputs.run}.build.{inputs.attempt}") as folder:
            place = folder / "source"
            with log.step("fetch"):
                source, origin, commit = self._fetch(inputs, place, log, cancel)
            with log.step("configuration"):
                config, found = read_config(place, log, inputs.limits)
                recipe = dockerfile.find(place, config.build)
                log.line(f"building {recipe.name} with context {recipe.context_name}")
                secrets = self._secrets(inputs, config, log)
            if config.build.submodules and inputs.submodules:
                source.fetch_submodules(origin, place)
            tell_apart(place)
            plan = self._plan(inputs, config, recipe, secrets, folder)
            progress = self._run(plan, inputs.run, log, cancel)
            digest = json.loads(plan.metadata.read_text())["containerimage.digest"]
        name = _repository(inputs)
        image = self.registry.image(name, digest, self.access.token(name, "pull", run=inputs.run))
        log.line(_summary(name, digest, image))
        self._trim()
        return _outputs(ImageRef(repository=name, digest=digest), image, config, found, commit, progress)

    def checks(self) -> dict:
        return {"buildkit": self._buildkit_health, "disk": self._disk_health}

    def _fetch(self, inputs: BuildInputs, place: Path, log: JobLog, cancel: Cancel) -> tuple[Source, Origin, Commit]:
        allowed = Allowed.of(self._settings.local_repositories, self._settings.forge_url, inputs.repo, inputs.shared)
        token = self._unsealed(inputs.clone.sealed_token, "the forge's token") if inputs.clone.sealed_token else None
        if token:
            log.mask(token)
        origin = allowed.origin(inputs.clone.url, token)
        source = Source(self._git, self._mirrors, allowed, log, cancel, private_submodules=inputs.private_submodules)
        commit = source.fetch(origin, inputs.ref, inputs.commit, place)
        source.fetch_lfs(origin, place, inputs.lfs)
        return source, origin, commit

    def _secrets(self, inputs: BuildInputs, config: RepoConfig, log: JobLog) -> dict[str, str]:
        """Values of the secrets that the configuration declares; each is masked from here on."""
        sealed = {secret.name: secret.sealed for secret in inputs.secrets}
        missing = [name for name in config.build.secrets if name not in sealed]
        if missing and inputs.foreign:
            log.line(f"built without {', '.join(missing)}: pull requests from forks get no secrets")
            return {}
        if missing:
            raise Failure(f"build.secrets names {', '.join(missing)}, which this repository does not have: set it on "
                          "the repository's page or with `./continuum secrets set`")
        values = {name: self._unsealed(sealed[name], f"secret {name}") for name in config.build.secrets}
        for value in values.values():
            log.mask(value)
        return values

    def _unsealed(self, sealed: str, what: str) -> str:
        try:
            return unseal(sealed, self._settings.builder_seal_key.get_secret_value())
        except ValueError as problem:
            raise Failure(f"{what}: {problem}") from problem

    def _plan(self, inputs: BuildInputs, config: RepoConfig, recipe: dockerfile.Recipe, secrets: dict[str, str],
              folder: Path) -> buildkit.Plan:
        settings, environment = self._settings, {}
        environment, named = buildkit.secret_environment(secrets)
        policy = folder / "policy.json"
        policy.write_text(json.dumps(buildkit.source_policy(settings.registry)))
        return buildkit.Plan(
            address=settings.buildkit_address, recipe=recipe, config=config.build,
            image=f"{settings.registry}/{_repository(inputs)}:run-{inputs.run}",
            labels=buildkit.labels(inputs, public_url(inputs.clone.url)),
            cache=_cache(settings.continuum_instance, inputs), metadata=folder / "metadata.json", policy=policy,
            environment=environment, secrets=named, proxies=buildkit.proxies(os.environ))

    @retry(retry=retry_if_exception_type(MixedUp), stop=stop_after_attempt(2), reraise=True)
    def _run(self, plan: buildkit.Plan, run_id: int, log: JobLog, cancel: Cancel) -> Progress:
        progress = Progress(log)
        state = "canceled"
        try:
            with self.tokens.of(run_id) as credentials:
                env = {"PATH": os.environ["PATH"], "HOME": str(plan.metadata.parent), "DOCKER_CONFIG": str(credentials),
                       **plan.environment}
                done = run(buildkit.buildctl(plan), env=env, cancel=cancel, seconds=plan.config.timeout,
                           on_errors=progress.feed, on_tick=progress.tick)
            state = "failure" if done.code else "success"
        finally:
            progress.finish(state)
        if done.timed_out:
            raise Failure(f"timeout after {_span(plan.config.timeout)}: the build was ended; build.timeout in "
                          f"{FILE_NAME} sets how long it may take", error="timeout")
        if done.code:
            raise self._told(progress, plan, log)
        return progress

    def _told(self, progress: Progress, plan: buildkit.Plan, log: JobLog) -> Exception:
        for line in progress.words:
            log.line(line)
        text = plan.recipe.dockerfile.read_text("utf-8", "replace")
        unset = dockerfile.unset_arguments(text, set(plan.config.args))
        return explain(Broken(list(progress.words), progress.failed, plan.recipe.name, plan.recipe.context_name, unset,
                              memory=self._settings.build_memory, processes=self._settings.build_pids,
                              beside=plan.recipe.beside))

    def _trim(self) -> None:
        """Keep the mirrors below their bound; measuring them takes a while, so not after each build."""
        if time.monotonic() - self._trimmed > TRIM_EVERY:
            self._trimmed = time.monotonic()
            removed = self._mirrors.trim(int(self._settings.builder_cache_gb * 1024**3))
            log.info("removed %d mirrors that were unused the longest", len(removed))

    def _buildkit_health(self) -> tuple[bool, str]:
        path = self._settings.buildkit_address.removeprefix("unix://")
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(2)
                connection.connect(path)
        except OSError as problem:
            return False, f"BuildKit does not answer at {path}: {problem}"
        return True, "reachable"

    def _disk_health(self) -> tuple[bool, str]:
        free = shutil.disk_usage(self._settings.builder_state).free
        return free > LEAST_FREE, f"{free / 1024**3:.1f} GiB free"


def read_config(place: Path, log: JobLog, limits: Limits) -> tuple[RepoConfig, bool]:
    """Return (the configuration, was there a file); raises Failure that names each problem and each value over its limit."""
    path = dockerfile.inside(Path(os.path.realpath(place)), FILE_NAME, FILE_NAME)
    if not path.is_file():
        log.line(f"no {FILE_NAME}, so everything is as by default")
        return without_file(limits), False
    with path.open(encoding="utf-8", errors="replace") as file:
        config = parse(file.read(MAX_BYTES + 1), limits)
    log.line(f"{FILE_NAME} is read")
    return config, True


def _repository(inputs: BuildInputs) -> str:
    return repository(inputs.repo.owner, inputs.repo.name, inputs.repo.id)


def _cache(instance: str, inputs: BuildInputs) -> str:
    """A fork's build shares no step with the repo's own: layers that were made with its secrets are not for forks, and
    what a fork leaves in a cache mount is not for the repo."""
    return f"{instance}-{inputs.repo.id}{'-forks' if inputs.foreign else ''}"


def _outputs(ref: ImageRef, image: Image, config: RepoConfig, found: bool, commit: Commit, progress: Progress) -> dict:
    own = progress.own_steps
    return BuildOutputs(
        image=ref, size=image.size, config=config.model_dump(mode="json"), config_found=found, exposed=image.exposed,
        healthcheck=image.healthcheck, message=commit.message, author=commit.author, steps=len(own),
        cached_steps=sum(step.cached for step in own)).model_dump(mode="json")


def _summary(name: str, digest: str, image: Image) -> str:
    ports = f", exposes {', '.join(map(str, image.exposed))}" if image.exposed else ""
    return f"image {name}@{digest}, {image.size / 1e6:.1f} MB compressed{ports}"


def _span(seconds: float) -> str:
    """1800 -> "30m", 90 -> "90s"."""
    return f"{seconds / 60:g}m" if seconds >= 60 and seconds % 60 == 0 else f"{seconds:g}s"
