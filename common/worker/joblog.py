"""The log of one job: numbers its lines from 1, stamps, masks, escapes and splits them, and keeps its steps.

Lines of the same 50 ms share a message; the first after a pause leaves at once.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..secrets.masking import Masker
from ..wire import broker
from ..wire.errors import Canceled
from . import lines

GATHER = 0.05                  # seconds that a message waits for more lines
RECENT = 50                    # lines kept for reasons
SHOW_EVERY = 1                 # seconds between two states of a line that its program rewrites
SHOWN = 200                    # characters of one
MAX_LINES = 2000               # in one message
MAX_BYTES = 1024 * 1024        # of one message, about; the broker's own limit is 16 MiB


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class JobLog:
    """What a stage's function writes to. Safe for several threads."""

    def __init__(self, run: int, stage: str, attempt: int, send: Callable[[str, bytes], None],
                 changed: Callable[[], None] = lambda: None):
        """`send(routing_key, body)` may block (a full spool); `changed()` is told of steps and progress."""
        self._key = (run, stage, attempt)
        self._send = send
        self._changed = changed
        self.masker = Masker()
        self._lock = threading.RLock()
        self._wake = threading.Condition(self._lock)
        self._at: list[int] = []
        self._steps: list[int] = []
        self._lines: list[str] = []
        self._parts: list[int] = []
        self._bytes = 0
        self._first = 1
        self._sent_at = 0.0
        self._closed = False
        self._current = 0
        self._shown_at = 0.0
        self._recent: deque[str] = deque(maxlen=RECENT)
        self.count = 0                         # lines so far
        self.steps: list[dict] = []            # {number, name, state, first_line, last_line, started, ended, now}
        self.progress: dict | None = None      # {done, total, unit}
        self._thread = threading.Thread(target=self._flush_late, name=f"log-{run}-{stage}-{attempt}", daemon=True)
        self._thread.start()

    def mask(self, value: str) -> None:
        """Replace `value` by *** in every later line, step name and reason."""
        with self._lock:
            self.masker.add(value)

    def masked(self, text: str) -> str:
        with self._lock:
            return self.masker.mask(text)

    def reader(self) -> lines.LineReader:
        """A reader for one stream of a program, which knows the secrets of this log."""
        return lines.LineReader(self.masker)

    def line(self, text: str, step: int | None = None, part: bool = False) -> int:
        """Write `text` (split at newlines); returns the number of its first line.

        `step` is a number that `begin_step` gave; without it, the step that `step()` has open. `part`: the text
        continues the line before it, which was too long to be one.
        """
        with self._lock:
            first = self.count + 1
            for line in self.masker.mask(text).split("\n"):
                self._append(lines.clean(line), self._current if step is None else step, part)
                part = False
            if time.monotonic() - self._sent_at >= GATHER or self._oversized():
                self._flush()
            else:
                self._wake.notify()
            return first

    def show(self, text: str, step: int) -> None:
        """Show what a line that its program rewrites says now, as `now` of its step, until the step's next line."""
        with self._lock:
            now = time.monotonic()
            if not step or now - self._shown_at < SHOW_EVERY:
                return
            shown = lines.clean(self.masker.mask(text))[:SHOWN]
            changed = self.steps[step - 1].get("now") != shown
            self.steps[step - 1]["now"], self._shown_at = shown, now
        if changed:
            self._changed()

    @contextmanager
    def step(self, name: str) -> Iterator[int]:
        """A named command inside the job; it fails if the block raises, or is canceled by Canceled."""
        number = self.begin_step(name)
        with self._lock:
            before, self._current = self._current, number
        try:
            yield number
        except Canceled:
            self.end_step(number, "canceled")
            raise
        except BaseException:
            self.end_step(number, "failure")
            raise
        else:
            self.end_step(number, "success")
        finally:
            with self._lock:
                self._current = before

    def begin_step(self, name: str) -> int:
        with self._lock:
            number = len(self.steps) + 1
            self.steps.append({"number": number, "name": lines.clean(self.masker.mask(name)), "state": "running",
                               "first_line": None, "last_line": None, "started": now_ms(), "ended": None})
        self._changed()
        return number

    def end_step(self, number: int, state: str) -> None:
        with self._lock:
            self.steps[number - 1].update(state=state, ended=now_ms())
            self.steps[number - 1].pop("now", None)
        self._changed()

    def set_progress(self, done: int, total: int, unit: str) -> None:
        with self._lock:
            self.progress = {"done": done, "total": total, "unit": unit}
        self._changed()

    def tail(self, count: int) -> list[str]:
        """The last lines (at most 50), masked, for a reason that shows them."""
        with self._lock:
            return list(self._recent)[-count:]

    def close(self) -> None:
        """Send what waits; later lines raise RuntimeError."""
        with self._lock:
            self._closed = True
            self._flush()
            self._wake.notify()
        self._thread.join()

    def _append(self, text: str, step: int, part: bool) -> None:
        if self._closed:
            raise RuntimeError("the log of this job is closed")
        first = self.count + 1
        for index, piece in enumerate(lines.split(text)):
            if index or part:
                self._parts.append(len(self._lines))
            self._append_piece(piece, step)
        if step:
            entry = self.steps[step - 1]
            entry.pop("now", None)
            begins = entry["first_line"] is None
            entry.update(first_line=entry["first_line"] or first, last_line=self.count)
            if begins:
                self._changed()

    def _append_piece(self, piece: str, step: int) -> None:
        self._lines.append(piece)
        self._at.append(now_ms())
        self._steps.append(step)
        self._recent.append(piece)
        self._bytes += len(piece)
        self.count += 1
        if self._oversized():
            self._flush()

    def _oversized(self) -> bool:
        return len(self._lines) >= MAX_LINES or self._bytes >= MAX_BYTES

    def _flush(self) -> None:
        """Called with the lock held, so messages leave in the order of their numbers."""
        if not self._lines:
            return
        run, stage, attempt = self._key
        body = broker.encode(run, stage, attempt, self._first, self._at, self._steps, self._lines, self._parts)
        self._send(broker.routing_key(run, stage), body)
        self._first, self._sent_at, self._bytes = self.count + 1, time.monotonic(), 0
        self._at, self._steps, self._lines, self._parts = [], [], [], []

    def _flush_late(self) -> None:
        with self._lock:
            while not self._closed:
                self._wake.wait_for(lambda: self._lines or self._closed)
                self._wake.wait_for(lambda: self._closed, timeout=GATHER)
                self._flush()
