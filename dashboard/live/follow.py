"""One viewer of one job's log: its history from the store, then its live lines; each number once, in order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from common.api.events import LogLines
from common.wire.stages import TERMINAL

from . import sse
from .events import EventHub
from .lines import Batch, Key, LineHub, encode_rows
from .mailbox import LOST, Mailbox

PAGE = 1000                # lines asked of the store at once
KEPT = 300                 # messages that wait for one viewer; beyond that it reads the store again
GAP_PAUSE = 0.1            # seconds between looks for lines that are printed and not stored yet
END_PAUSE = 0.25           # the same, once the job is over
WITHOUT_LIVE = 1.0         # seconds between looks while the broker is away


@dataclass(frozen=True)
class Followed:
    """What is needed of the job: `lines` is the worker's own count, once it has one."""

    state: str
    reason: str = ""
    lines: int | None = None


class Follower:
    """`history(first, count)` and `job(event)` ask dbproxy.

    Both may answer what was so a moment ago, but `job` nothing older than the event of that number.
    """

    def __init__(self, lines: LineHub, events: EventHub, key: Key, after: int,
                 history: Callable[[int, int], LogLines], job: Callable[[int | None], Followed]):
        self._hubs, self._key = (lines, events), key
        self._history, self._job = history, job
        self._mail = Mailbox(KEPT)
        self._spoke = time.monotonic()
        self._over: Followed | None = None        # the job, once it is over
        self._complete = False                # the store says that nothing more comes
        self.sent = after

    def stream(self) -> Iterator[bytes]:
        lines, events = self._hubs
        with lines.watch(self._key, self._mail), events.listen({f"run:{self._key[0]}"}, self._mail):
            yield sse.RETRY
            self._look_at_job()
            yield from self._catch_up()
            while not self._done():
                yield from self._next()
            yield sse.event("end", {"state": self._over.state, "reason": self._over.reason, "last": self.sent})

    def _next(self) -> Iterator[bytes]:
        item = self._mail.take(self._patience())
        if isinstance(item, Batch):
            yield from self._live(item)
        elif item is LOST:
            yield sse.event("behind", {"last": self.sent})
            yield from self._catch_up()
        elif item is None:
            self._look_at_job()
            yield from self._catch_up()
        elif item.kind == "job.updated":
            self._look_at_job(item.id)
        yield from self._ping()

    def _live(self, batch: Batch) -> Iterator[bytes]:
        if batch.last <= self.sent:
            return
        if batch.first > self.sent + 1:
            yield from self._fill(batch.first - 1)
        if batch.first == self.sent + 1:
            self.sent = batch.last
            yield self._said(batch.encoded)
        else:
            yield from self._send([row for row in batch.rows if row[0] > self.sent])

    def _fill(self, until: int) -> Iterator[bytes]:
        """Lines between the store and the first live one: printed before we were bound, stored within seconds."""
        while self.sent < until:
            before = self.sent
            yield from self._send(self._history(self.sent + 1, min(PAGE, until - self.sent)).lines)
            if self.sent == before:
                time.sleep(GAP_PAUSE)
                yield from self._ping()

    def _catch_up(self) -> Iterator[bytes]:
        while True:
            page = self._history(self.sent + 1, PAGE)
            yield from self._send(page.lines)
            self._complete = page.complete
            if self.sent >= page.last or not page.lines:
                return

    def _send(self, rows: list[list]) -> Iterator[bytes]:
        if rows:
            self.sent = rows[-1][0]
            yield self._said(encode_rows(rows))

    def _look_at_job(self, event: int | None = None) -> None:
        job = self._job(event)
        self._over = job if job.state in TERMINAL else None

    def _done(self) -> bool:
        """The worker's own count ends it at once; the store's word ends what a killed worker left uncounted."""
        if self._over is None:
            return False
        return self._complete or self._over.state == "skipped" or (bool(self._over.lines) and self.sent >= self._over.lines)

    def _patience(self) -> float:
        if self._over is not None:
            return END_PAUSE
        lines, events = self._hubs
        return sse.PING_EVERY if lines.connected and events.connected else WITHOUT_LIVE

    def _said(self, chunk: bytes) -> bytes:
        self._spoke = time.monotonic()
        return chunk

    def _ping(self) -> Iterator[bytes]:
        if time.monotonic() - self._spoke > sse.PING_EVERY:
            yield self._said(sse.PING)
