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
        self._waiting_since = 0.0                  # on the clock of `time.time`
        self._delay = 0.0                          # seconds from a line's print to its commit, of the last write
        self._lines = self._writes = 0
        self._reason: str | None = None            # of the last rejection

    def stored(self, messages: Sequence[Message]) -> None:
        lines = sum(len(message.lines) for message in messages)
        self._lines += lines
        self._writes += 1
        self._delay = max(0.0, time.time() - messages[0].at_first / 1000)
        LINES.inc(lines)
        MESSAGES.inc(len(messages))
        WRITES.inc()

    def rejected(self, why: str) -> None:
        self._reason = why
        REJECTED.inc()

    def waiting(self, count: int, oldest_seconds: float) -> None:
        self._waiting, self._waiting_since = count, time.time() - oldest_seconds
        WAITING.set(count)

    def depths(self, queued: int, dead: int) -> None:
        self.queued, self.dead = queued, dead
        QUEUED.set(queued)
        DEAD.set(dead)

    def view(self) -> dict:
        lag = time.time() - self._waiting_since if self._waiting else 0.0
        return {"state": self.state, "store_problem": self.store_problem, "queued": self.queued,
                "waiting": self._waiting, "lag_seconds": round(lag, 3),
                "last_write_delay_seconds": round(self._delay, 3), "dead_letters": self.dead,
                "last_rejection": self._reason, "lines_stored": self._lines, "writes": self._writes}
