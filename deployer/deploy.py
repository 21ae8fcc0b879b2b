"""Deploy: an image becomes a candidate, in the repo's own network, healthy, without traffic."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from docker.errors import APIError

from common.secrets.sealing import unseal
from common.wire import limits
from common.wire.contracts import DeployInputs, DeployOutputs
from common.wire.errors import Failure, StageError
from common.worker.joblog import JobLog
from common.worker.jobs import Cancel

from . import container_spec, names, ports
from .container_spec import ImageFacts, Place
from .containers import Containers, Owned
from .engine import Engine, disk_full, explain, speaking
from .engine_answers import Body
from .health import REMOVED, Healthy, Watched, wait_healthy
from .images import Images
from .networks import Networks
from .output import Follower
from .records import Records, Version
from .speaks import HOST

# What the engine says where the image's own command cannot be started: the work's fault, not ours.
UNSTARTABLE = ("executable file not found", "no such file or directory", "permission denied", "exec format error",
               "no command specified", "unable to find user", "not a directory", "is a directory")


@dataclass(frozen=True)
class _Start:
    """What is started, for one job."""

    inputs: DeployInputs
    image: ImageFacts
    declared: ports.Declared
    log: JobLog
    cancel: Cancel


@dataclass
class Deploy:
    """The stage; what it works with."""

    engine: Engine
    images: Images
    networks: Networks
    records: Records
    containers: Containers
    seal_key: str
    full: Callable[[int], str | None]               # why a repository's apps are stopped, see Disk
    public_url: str = "http://{app}.localhost"      # with `{app}` in it

    def __call__(self, inputs: DeployInputs, log: JobLog, cancel: Cancel) -> dict:
        inputs = _limited(inputs, log)
        with speaking():
            secrets = self._secrets(inputs, log)
            self._remove_earlier(inputs, log)
            image = self._pull(inputs, log, cancel)
            declared = ports.declared(inputs.config, image, inputs.exposed)
            body, name = self._body(inputs, image, declared, secrets)
            start = _Start(inputs, image, declared, log, cancel)
            twin = self._kept_twin(inputs, body)
            outputs = self._from_kept(start, twin) if twin else None
            return (outputs or self._fresh(start, body, name)).model_dump()

    def _from_kept(self, start: _Start, kept: Owned) -> DeployOutputs | None:
        """The kept container of the same version is the faster way; None where it does not come up any more (a pid
        file or a lock that it left in itself): it stays kept, and the image is started anew."""
        start.log.line(f"container {kept.name}, kept from deployment {kept.deployment}")
        version = self._adopt(kept, start.inputs)
        try:
            return self._started(start, kept.id)
        except Failure as problem:
            self._put_back(kept, version)
            start.log.line(f"the kept container did not come up: {problem}")
            start.log.line("starting a fresh container of the same image")
            return None
        except BaseException:
            self._put_back(kept, version)
            raise

    def _fresh(self, start: _Start, body: Body, name: str) -> DeployOutputs:
        """A new container; removed if it does not come up, whatever the cause."""
        start.log.line(f"container {name}")
        container = self._create(body, name)
        try:
            return self._started(start, container)
        except Failure as problem:
            self.engine.remove(container)
            if full := self.full(start.inputs.repo.id):      # it did not end by itself
                raise Failure(full) from problem
            raise
        except BaseException:
            self.engine.remove(container)
            raise

    def _started(self, start: _Start, container: str) -> DeployOutputs:
        began = time.monotonic()
        healthy, host = self._start(start, container)
        return DeployOutputs(container=container, host=host, port=healthy.port, protocol=healthy.protocol,
                             answered=start.log.masked(healthy.answered), healthy_ms=round((time.monotonic() - began) * 1000))

    def _secrets(self, inputs: DeployInputs, log: JobLog) -> dict[str, str]:
        sealed = {item.name: item.sealed for item in inputs.secrets}
        missing = sorted(set(inputs.config.secrets) - set(sealed))
        if missing:
            raise Failure(f"deploy.secrets names {', '.join(missing)}, which nobody has set: "
                          f"`./continuum secret set {inputs.repo.path} {missing[0]}`")
        values = {name: unseal(sealed[name], self.seal_key) for name in inputs.config.secrets}
        for value in values.values():
            log.mask(value)
        return values

    def _remove_earlier(self, inputs: DeployInputs, log: JobLog) -> None:
        """A worker that was killed may have left the candidate of an earlier attempt behind."""
        for old in self.containers.of_repo(inputs.repo.id):
            if old.role == "candidate" and old.run == inputs.run:
                log.line(f"removing {old.name}, left by attempt {old.attempt}")
                self.discard(old)

    def _pull(self, inputs: DeployInputs, log: JobLog, cancel: Cancel) -> ImageFacts:
        with log.step(f"pull {inputs.image.repository}@{inputs.image.digest[:19]}"):
            return self.images.pull(inputs.image, cancel, lambda done, total: log.set_progress(done, total, "layers"))

    def _body(self, inputs: DeployInputs, image: ImageFacts, declared: ports.Declared,
              secrets: dict[str, str]) -> tuple[dict, str]:
        place = Place(self.engine.instance, self.networks.for_repo(inputs.repo.id), self.networks.shield(),
                      self.engine.cpus, inputs.limits.disk if self.engine.has_quota else None)
        name = names.container(self.engine.instance, inputs.repo.name, inputs.deployment, inputs.attempt)
        env = container_spec.environment(image, inputs.config, declared.first, secrets)
        return container_spec.app_body(inputs, image, place, env, name), name

    def _kept_twin(self, inputs: DeployInputs, body: Body) -> Owned | None:
        """The stopped container of an earlier deployment that was made from exactly the same; none for a preview, whose
        end would take the kept version with it."""
        if inputs.environment != container_spec.PRODUCTION:
            return None
        spec = body["Labels"][names.SPEC]
        twins = [old for old in self.containers.of_repo(inputs.repo.id)
                 if old.role == "kept" and old.state == "exited" and old.labels.get(names.SPEC) == spec]
        return max(twins, key=lambda old: old.deployment, default=None)

    def _create(self, body: Body, name: str) -> str:
        try:
            return self.engine.create(body, name)
        except APIError as problem:
            raise cause(problem) from problem

    def _adopt(self, kept: Owned, inputs: DeployInputs) -> Version | None:
        """Make it this deployment's; what it was."""
        self.records.adopt(kept.id, deployment=inputs.deployment, run=inputs.run, attempt=inputs.attempt)
        with self.records.changing(kept.app) as record:
            version = record.find(kept.id)
            record.forget(kept.id)
        self.engine.api.update_container(kept.id, restart_policy={"Name": "no"})
        return version

    def _put_back(self, kept: Owned, version: Version) -> None:
        """Stopped and kept again: it served once, and may be wanted once more."""
        self.engine.api.stop(kept.id, timeout=round(version.grace))
        self.records.release(kept.id)
        with self.records.changing(kept.app) as record:
            record.keep(version)

    def discard(self, owned: Owned) -> None:
        """Remove a container for good; its last lines are in a log by now."""
        self.engine.remove(owned.id)
        self.records.release(owned.id)

    def _start(self, start: _Start, container: str) -> tuple[Healthy, str]:
        inputs, log = start.inputs, start.log
        with log.step("start and wait until healthy") as step:
            follower = Follower(self.engine, container, lambda piece: log.line(piece.text, step, piece.part), log.masker,
                                lambda state: log.show(state, step))
            try:
                self._run(container)
                name, address = self._address(container, inputs.repo.id)
                watched = Watched(self.engine, container, address, inputs.config.memory, follower, start.cancel)
                healthy = wait_healthy(watched, inputs.config, start.image, start.declared, log.line,
                                       self._names(inputs))
            finally:
                follower.stop()
            log.line(f"healthy: {healthy.answered}", step)
            return healthy, name

    def _names(self, inputs: DeployInputs) -> tuple[str, ...]:
        """Host headers that the app may be asked with: its own name is the second, for servers that know no other."""
        own = urlsplit(self.public_url.format(app=inputs.app)).hostname if inputs.app else None
        return (HOST, own) if own else (HOST,)

    def _run(self, container: str) -> None:
        try:
            self.networks.start(container)
        except APIError as problem:
            raise cause(problem) from problem

    def _address(self, container: str, repo: int) -> tuple[str, str]:
        """(its name, its address on the repo's network): the name for others, the address for our own probes."""
        found = self.engine.inspect(container)
        if found is None:
            raise StageError(REMOVED)
        network = found["NetworkSettings"]["Networks"][names.network(self.engine.instance, repo)]
        return found["Name"].lstrip("/"), network["IPAddress"]


def _limited(inputs: DeployInputs, log: JobLog) -> DeployInputs:
    """Lower what is over a limit: the configuration of a retry or rollback may be older than the limit."""
    config, told = limits.part_within("deploy", inputs.config, inputs.limits)
    for sentence in told:
        log.line(sentence)
    return inputs.model_copy(update={"config": config})


def cause(problem: APIError, see: str = "CMD, ENTRYPOINT and USER of the Dockerfile") -> Exception:
    """The engine's refusal as what it is: no room, a command that cannot be started, or a fault of ours. `see`: where the
    author says what is started."""
    full = disk_full(problem)
    if full:
        return full
    text = explain(problem)
    if "no available ipv4 addresses" in text.lower():
        return Failure("the repository's network is full: 13 containers of it run at a time; stop a version")
    if any(sign in text.lower() for sign in UNSTARTABLE):
        return Failure(f"the container cannot start: {text.splitlines()[0][-300:]}; see {see}")
    return problem
