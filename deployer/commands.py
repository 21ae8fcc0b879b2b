"""Commands in a one-off container of an app's image: the tester's way to run what a repository declares.

The answer is ndjson while it runs: `{"line": …}`, or `{"now": …}` for the state of a line that is rewritten, then `{"exit": number, "reason": …, "code": …, "reports": [{path, xml} or {path, problem}]}`
(`exit` null where it did not end by itself). A blank line is a heartbeat.
"""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from docker.errors import APIError
from pydantic import BaseModel, Field

from common.secrets.masking import Masker
from common.secrets.sealing import unseal
from common.wire import limits
from common.wire.contracts import DeployConfig, Duration, ImageRef, Limits, SealedSecret, VariableName
from common.wire.errors import BadRequest, Conflict, Failure, StageError
from common.wire.reasons import Reason, reason, reason_of
from common.worker.jobs import Cancel
from common.worker.lines import Piece, clean

from . import container_spec, names
from .container_spec import ImageFacts, Place
from .containers import Containers
from .deploy import cause
from .engine import Engine, speaking
from .engine_answers import Body, CommandEnd
from .images import Images
from .networks import Networks
from .output import Follower
from .reports import collect

HEARTBEAT = 10           # seconds
DECLARED = "test.commands in .continuum.yml, and USER of the Dockerfile"      # where an author says what a command is
LOOK = 0.05              # seconds between looks whether it is over


class CommandRequest(BaseModel):
    run: int
    repo: int
    deployment: int | None = None                 # its variables and secrets are the command's too
    image: ImageRef
    argv: list[str] = Field(min_length=1)
    env: dict[VariableName, str] = {}
    timeout: Duration = 600
    junit: str | None = None                      # glob, relative to the working directory of the image
    deploy: DeployConfig | None = None            # its limits and variables
    secrets: list[SealedSecret] = []
    limits: Limits = Field(default_factory=Limits)


@dataclass
class Commands:
    engine: Engine
    images: Images
    networks: Networks
    containers: Containers
    seal_key: str
    report_limit: int                             # bytes read while looking for reports
    _running: dict[str, Cancel] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, command: str, request: CommandRequest) -> Iterator[str]:
        """ndjson; raises Conflict where the same id is running. The container goes with the last line, or the caller.

        Everything that can be refused is refused before the first line.
        """
        cancel = self._begin(command)
        try:
            with speaking():
                masker, body = self._body(command, request, cancel)
                container = self._create(command, body)
        except BaseException:
            self._end(command)
            raise
        return self._stream(command, request, container, masker, cancel)

    def stop(self, command: str) -> None:
        """End it, also one that an earlier deployer began; repeatable."""
        with self._lock:
            cancel = self._running.get(command)
        if cancel:
            cancel.request()
        for listed in self.engine.containers(names.ONE_OFF, COMMAND=command):
            self.engine.remove(listed["Id"])

    def _begin(self, command: str) -> Cancel:
        with self._lock:
            if command in self._running:
                raise Conflict(f"command {command} is running already")
            self._running[command] = Cancel()
            return self._running[command]

    def _end(self, command: str) -> None:
        with self._lock:
            self._running.pop(command, None)

    def _create(self, command: str, body: Body) -> str:
        for old in self.engine.containers(names.ONE_OFF, COMMAND=command):     # of an earlier deployer
            self.engine.remove(old["Id"])
        try:
            return self.engine.create(body, names.command(self.engine.instance, command))
        except APIError as problem:
            raise _refusal(cause(problem, DECLARED)) from problem

    def _body(self, command: str, request: CommandRequest, cancel: Cancel) -> tuple[Masker, dict]:
        config, _ = limits.part_within("deploy", request.deploy or DeployConfig(), request.limits)
        try:
            image = self.images.pull(request.image, cancel)
        except (Failure, StageError) as problem:
            raise _refusal(problem) from problem
        place = Place(self.engine.instance, self.networks.for_repo(request.repo), self.networks.shield(),
                      self.engine.cpus, request.limits.disk if self.engine.has_quota else None)
        masker, env = self._environment(request, config, image)
        labels = {names.RUN: str(request.run), names.REPO: str(request.repo), names.COMMAND: command}
        return masker, container_spec.command_body(image, place, env, config, request.argv, labels)

    def _environment(self, request: CommandRequest, config: DeployConfig,
                     image: ImageFacts) -> tuple[Masker, dict[str, str]]:
        """What the app has, then what the command asks for; its secrets, for masking."""
        secrets = {item.name: unseal(item.sealed, self.seal_key) for item in request.secrets
                   if item.name in config.secrets}
        inherited = self._of_deployment(request.deployment, image) if request.deployment else {}
        masker = Masker()
        for name in config.secrets:
            masker.add(secrets.get(name) or inherited.get(name, ""))
        return masker, inherited | config.env | secrets | request.env

    def _of_deployment(self, deployment: int, image: ImageFacts) -> dict[str, str]:
        """What the deployment's container has beyond its image's ENV."""
        found = self.engine.inspect(self.containers.of_deployment(deployment).id) or {"Config": {"Env": []}}
        env = dict(item.split("=", 1) for item in found["Config"]["Env"] if "=" in item)
        return {key: value for key, value in env.items() if image.env.get(key) != value}

    def _stream(self, command: str, request: CommandRequest, container: str, masker: Masker,
                cancel: Cancel) -> Iterator[str]:
        lines: queue.Queue[Piece | str | None] = queue.Queue(maxsize=10_000)      # a text: a state
        end: dict = {}
        worker = threading.Thread(target=self._work, args=(request, container, lines, end, masker, cancel), daemon=True,
                                  name=f"command-{command}")
        try:
            worker.start()
            for line in _until_none(lines):
                yield "\n" if line is None else _told(line, masker)
            yield json.dumps(end) + "\n"
        finally:
            cancel.request()
            self.engine.remove(container)
            self._end(command)

    def _work(self, request: CommandRequest, container: str, lines: queue.Queue, end: CommandEnd, masker: Masker,
              cancel: Cancel) -> None:
        try:
            with speaking():
                end |= self._execute(request, container, lines, masker, cancel)
        except Exception as problem:      # the border of a thread: sent to the caller as the end of its stream
            end |= _last_object(None, reason_of(problem).masked(masker.mask))
        finally:
            _put(lines, None, cancel)

    def _execute(self, request: CommandRequest, container: str, lines: queue.Queue, masker: Masker,
                 cancel: Cancel) -> dict:
        follower = Follower(self.engine, container, lambda piece: _put(lines, piece, cancel), masker,
                            lambda state: _put(lines, state, cancel))
        try:
            self.engine.api.start(container)
        except APIError as problem:
            follower.stop()
            return _last_object(None, reason_of(cause(problem, DECLARED)).masked(masker.mask))
        state, why = self._wait(container, request.timeout, cancel)
        follower.finish()
        reports = [] if state is None else collect(self.engine, container, request.junit, self.report_limit, masker)
        code = state["ExitCode"] if state and why is None else None
        if state and state["OOMKilled"]:
            why = Reason("out of memory: set deploy.memory higher", "out_of_memory")
        return _last_object(code, why, reports)

    def _wait(self, container: str, timeout: float, cancel: Cancel) -> tuple[dict | None, Reason | None]:
        """(the engine's State or None where it is gone, why it was ended if we did)."""
        deadline, why, look = time.monotonic() + timeout, None, LOOK
        while True:
            found = self.engine.inspect(container)
            if found is None or cancel.requested:
                return None, reason("canceled")
            if not found["State"]["Running"]:
                return found["State"], why
            if time.monotonic() > deadline and why is None:
                why = Reason(f"timeout: it ran longer than {timeout:g} s", "timeout")
                self.engine.api.kill(container)
            time.sleep(look)
            look = min(look * 1.2, 0.25)


def _last_object(exit_code: int | None, why: Reason | None, reports: list[dict] | None = None) -> CommandEnd:
    """The last object of the stream; `code` is the reason's, as in common/wire/reasons.py."""
    return {"exit": exit_code, "reason": why and why.text, "code": why and why.code, "reports": reports or []}


def _told(piece: Piece | str, masker: Masker) -> str:
    if isinstance(piece, str):
        return json.dumps({"now": clean(masker.mask(piece))}) + "\n"
    part = {"part": True} if piece.part else {}
    return json.dumps({"line": clean(masker.mask(piece.text)), **part}) + "\n"


def _until_none(lines: queue.Queue) -> Iterator[Piece | str | None]:
    """Lines until the worker's None; a None of ours is a heartbeat."""
    while True:
        try:
            line = lines.get(timeout=HEARTBEAT)
        except queue.Empty:
            yield None
            continue
        if line is None:
            return
        yield line


def _put(lines: queue.Queue, line: Piece | str | None, cancel: Cancel) -> None:
    """Wait while the caller is slow; once the end is asked for, lines may go, the end mark may not."""
    while line is None or not cancel.requested:
        try:
            lines.put(line, timeout=1)
            return
        except queue.Full:
            if cancel.requested:
                lines.get_nowait()


def _refusal(problem: Exception) -> Exception:
    """As an answer: what the author can mend, what we could not do, or a mistake of ours."""
    if isinstance(problem, StageError):
        return Conflict(str(problem), error="error")
    return BadRequest(str(problem), error="failure") if isinstance(problem, Failure) else problem
