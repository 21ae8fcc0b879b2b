"""What the log consumer did and what waits, for `/metrics` and `/v1/status`."""

from __future__ import annotations

import time
from collections.abc import Sequence

from prometheus_client import Counter, Gauge

from .message import Message

LINES = Counter("continuum_log_lines_stored", "Log lines written to Postgres (again counted when sent again)")
MESSAGES = Counter("continuum_log_messages_stored", "Log messages written to Postgres")
WRITES = Counter("continuum_log_writes", "Commits of log messages")
REJECTED = Counter("continuum_log_messages_rejected", "Messages sent to the dead-letter queue")
WAITING = Gauge("continuum_log_messages_waiting", "Delivered messages that are not stored yet")
QUEUED = Gauge("continuum_log_messages_queued", "Messages that wait in the broker's queue")
DEAD = Gauge("continuum_log_messages_dead", "Messages in the dead-letter queue")


class Tally:
    """Written by the consumer's thread, read by others."""

    def __init__(self) -> None:
        self.state = "starting"                    # "connected", or "reconnecting: why"
        self.store_problem: str | None = None
        self.queued = self.dead = 0
        self._waiting = 0
        self._oldest: int | None = None            # ms since 1970 of the oldest line that waits
        self._lines = self._writes = 0
        self._reason: str | None = None            # of the last rejection

    def stored(self, messages: Sequence[Message]) -> None:
        lines = sum(len(message.lines) for message in messages)
        self._lines += lines
        self._writes += 1
        LINES.inc(lines)
        MESSAGES.inc(len(messages))
        WRITES.inc()

    def rejected(self, why: str) -> None:
        self._reason = why
        REJECTED.inc()

    def waiting(self, count: int, oldest: int | None) -> None:
        self._waiting, self._oldest = count, oldest
        WAITING.set(count)

    def depths(self, queued: int, dead: int) -> None:
        self.queued, self.dead = queued, dead
        QUEUED.set(queued)
        DEAD.set(dead)

    def view(self) -> dict:
        lag = 0.0 if self._oldest is None else max(0.0, time.time() - self._oldest / 1000)
        return {"state": self.state, "store_problem": self.store_problem, "queued": self.queued,
                "waiting": self._waiting, "lag_seconds": round(lag, 3), "dead_letters": self.dead,
                "last_rejection": self._reason, "lines_stored": self._lines, "writes": self._writes}
