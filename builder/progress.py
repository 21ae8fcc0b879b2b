"""BuildKit's progress as data becomes steps and lines of the job's log.

`buildctl --progress=rawjson` prints a JSON object a line: `vertexes` (a command of the build; told again with each
change, and with several pairs of started and completed while it is pulled or pushed), `statuses` (a part of one, such
as a layer that is pulled), `logs` (what it printed) and `warnings`. What is no JSON are buildctl's last words.
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypedDict

from common.worker.joblog import JobLog
from common.worker.lines import LineReader

LATE = 1.0                  # seconds that the output of an ended step may come after its end
HEARTBEAT = 30              # seconds of silence until a line says what still runs
LAST_LINES = 10             # of each step, for reasons
LAST_WORDS = 200            # lines of buildctl
LONGEST_MESSAGE = 16 * 1024**2      # bytes of one object of buildctl
_HIDDEN = re.compile(r"\[auth\]|\[internal\] load (build definition|\.dockerignore)|\[internal\] settings")
_DIGEST = re.compile(r"(sha256:[0-9a-f]{12})[0-9a-f]{52}")


class Vertex(TypedDict, total=False):
    digest: str
    name: str
    cached: bool
    started: str | None
    completed: str | None
    error: str


class Status(TypedDict, total=False):
    """A part of a vertex; sizes in bytes."""

    id: str
    vertex: str
    current: int
    total: int
    completed: str | None


class Output(TypedDict, total=False):
    vertex: str
    stream: int
    data: str                               # base64


class Warned(TypedDict, total=False):
    short: str                              # base64
    range: list[dict[str, Any]] | None      # where in the Dockerfile


@dataclass
class Step:
    name: str
    number: int = 0                         # in the job's log; 0 until it is shown
    state: str = "running"
    cached: bool = False
    error: str = ""
    shown: bool = True
    began: float = 0.0
    last: deque[str] = field(default_factory=lambda: deque(maxlen=LAST_LINES))
    readers: dict[int, LineReader] = field(default_factory=dict)        # a stream each
    printed: float = 0.0                    # when its last output came


class Progress:
    """Feed it buildctl's stderr; `finish` closes what is open."""

    def __init__(self, log: JobLog, clock: Callable[[], float] = time.monotonic):
        self._log, self._clock = log, clock
        self._reader = LineReader(limit=LONGEST_MESSAGE)
        self._steps: dict[str, Step] = {}           # by the digest of the vertex, in the order they were told
        self._completed: dict[str, str] = {}        # digest -> state; ended once the next message does not reopen it
        self._parts: dict[tuple[str, str], Status] = {}       # unfinished statuses
        self._heard = self._told = clock()
        self.words: deque[str] = deque(maxlen=LAST_WORDS)

    def feed(self, data: bytes) -> None:
        for line, _ in self._reader.feed(data):
            self._take(line)

    def tick(self) -> None:
        """Say that a silent build lives; called about every second."""
        self._end_completed()
        now = self._clock()
        for step in self._steps.values():
            if step.state != "running" and step.readers and now - step.printed >= LATE:
                self._print_rest(step)
        if now - max(self._heard, self._told) >= HEARTBEAT:
            self._told = now
            for step in self._running():
                self._log.line(f"still running: {step.name}, silent for {now - self._heard:.0f} s{self._pulled(step)}",
                               step=step.number)

    def finish(self, state: str) -> None:
        """The program is over: `success`, `failure` or `canceled` is what becomes of the steps that still run."""
        for line, _ in self._reader.end():
            self._take(line)
        for step in self._steps.values():
            self._print_rest(step)
        self._end_completed()
        for step in self._running():
            self._end(step, state)

    @property
    def failed(self) -> Step | None:
        """The step that broke the build: the others that ran beside it were only stopped."""
        broken = [step for step in self._steps.values() if step.error and step.state == "failure"]
        return broken[0] if broken else None

    @property
    def own_steps(self) -> list[Step]:
        """The Dockerfile's own instructions, `[2/5] RUN …`."""
        return [step for step in self._steps.values() if _is_own(step)]

    def _take(self, line: str) -> None:
        message = _message(line)
        if message is None:
            self.words.append(line)
            return
        self._heard = self._clock()
        before = dict(self._completed)
        for vertex in message.get("vertexes", ()):
            self._take_vertex(vertex, before)
        self._end_completed(before)
        for status in message.get("statuses", ()):
            self._take_status(status)
        for piece in message.get("logs", ()):
            self._take_output(piece)
        for warning in message.get("warnings", ()):
            self._take_warning(warning)

    def _take_vertex(self, vertex: Vertex, before: dict[str, str]) -> None:
        digest, name = vertex["digest"], _DIGEST.sub(r"\1", vertex.get("name", ""))
        step = self._steps.get(digest)
        if step is None:
            step = self._steps[digest] = Step(_named(name), state="pending", shown=not _HIDDEN.match(name))
            self._count()
        step.cached = step.cached or bool(vertex.get("cached"))
        if vertex.get("error"):
            step.error = vertex["error"]
        if vertex.get("started"):
            self._begin(step)
        if vertex.get("completed"):
            self._completed[digest] = _state_of(step)
        elif vertex.get("started"):
            before.pop(digest, None)
            self._completed.pop(digest, None)

    def _begin(self, step: Step) -> None:
        if step.state == "pending":
            step.state, step.began = "running", self._clock()
        if not step.number and (step.shown or step.error):
            step.number = self._log.begin_step(step.name)

    def _end_completed(self, digests: dict[str, str] | None = None) -> None:
        """End the steps that are complete and were not begun again since."""
        for digest in list(self._completed if digests is None else digests):
            step = self._steps[digest]
            state = self._completed.pop(digest)
            if step.cached and step.state == "running" and step.number:
                self._log.line("cached", step=step.number)
            self._end(step, state)
            self._count()

    def _end(self, step: Step, state: str) -> None:
        # Its output may still come: BuildKit tells the end of a step before the last of what it printed.
        if step.error and step.number and state == "failure":
            self._log.line(_DIGEST.sub(r"\1", step.error), step=step.number)
        step.state = state
        if step.number:
            self._log.end_step(step.number, state)

    def _take_status(self, status: Status) -> None:
        step = self._steps.get(status.get("vertex", ""))
        if step is None or not step.shown:
            return
        key = (status["vertex"], status["id"])
        if not status.get("completed"):
            self._parts[key] = status
            return
        self._parts.pop(key, None)
        self._line(step, _DIGEST.sub(r"\1", f"{status['id']} {_amount(status)}".rstrip()) + " done")

    def _take_output(self, piece: Output) -> None:
        step = self._steps.get(piece.get("vertex", ""))
        if step is None:
            return
        step.printed = self._clock()
        data = base64.b64decode(piece.get("data") or "")
        stream = piece.get("stream", 1)
        if stream not in step.readers:
            step.readers[stream] = self._log.reader()
        reader = step.readers[stream]
        self._print(step, reader.feed(data))
        if reader.state:
            self._begin(step)
            self._log.show(reader.state, step.number)

    def _print_rest(self, step: Step) -> None:
        """What came after the last end of a line."""
        for reader in step.readers.values():
            self._print(step, reader.end())
        step.readers.clear()

    def _print(self, step: Step, lines) -> None:
        for piece in lines:
            step.last.append(piece.text)
            self._line(step, piece.text, piece.part)

    def _line(self, step: Step, text: str, part: bool = False) -> None:
        self._begin(step)
        self._log.line(text, step=step.number or None, part=part)

    def _take_warning(self, warning: Warned) -> None:
        text = base64.b64decode(warning.get("short") or "").decode(errors="replace")
        lines = [place["start"]["line"] for place in warning.get("range") or () if place.get("start")]
        where = f" (line {lines[0]})" if lines and "(line" not in text else ""
        self._log.line(f"warning: {text}{where}", step=0)

    def _count(self) -> None:
        own = self.own_steps
        if own:
            self._log.set_progress(sum(step.state == "success" for step in own), len(own), "steps")

    def _running(self) -> list[Step]:
        return [step for step in self._steps.values() if step.state == "running" and step.number]

    def _pulled(self, step: Step) -> str:
        parts = [part for (digest, _), part in self._parts.items()
                 if self._steps[digest] is step and part.get("total")]
        return f", {sum(part['current'] for part in parts) / 1e6:.1f} of {sum(part['total'] for part in parts) / 1e6:.1f} MB" \
            if parts else ""


def _message(line: str) -> dict | None:
    if not line.startswith("{"):
        return None
    try:
        return json.loads(line)
    except ValueError:
        return None


def _named(name: str) -> str:
    return "export and push the image" if name == "exporting to image" else name


def _is_own(step: Step) -> bool:
    return bool(re.match(r"\[(?:\S+ )?\d+/\d+\] ", step.name))


def _state_of(step: Step) -> str:
    if not step.error:
        return "success"
    return "canceled" if "context canceled" in step.error else "failure"


def _amount(status: Status) -> str:
    size = status.get("total") or status.get("current") or 0
    if not size:
        return ""
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.1f} kB" if size >= 1e3 else f"{size} B"
