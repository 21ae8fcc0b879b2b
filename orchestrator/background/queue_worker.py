"""Works through a queue of dbproxy: claims a row, hands it to a thread, and writes what became of it.

Several orchestrators may do this at once: dbproxy gives a row to one owner at a time, for as long as its lease lasts.
"""

from __future__ import annotations

import logging
import random
import threading
import uuid
from collections.abc import Callable
from typing import Any

from common.api.base import Row
from common.api.client import Dbproxy
from common.service.loop import Loop
from common.wire.errors import Conflict, ContinuumError, NotFound

from .threads import Threads

log = logging.getLogger(__name__)

LONG_POLL = 5                # seconds; with several dbproxies the one that took a row may be another
PAUSE = 1                    # seconds before an unreachable dbproxy is asked again
PATIENCE = 60                # seconds that an outcome is tried to be written


class QueueWorker:
    """`loop` claims, `at_once` threads handle. `name`: of the queue, `deliveries` or `reports`; `handle` gets its rows."""

    def __init__(self, db: Dbproxy, name: str, handle: Callable[[Any], None], threads: Threads, at_once: int):
        self._name, self._handle, self._threads = name, handle, threads
        self._claims, self._outcomes = (getattr(db.within(patience=patience), name) for patience in (0, PATIENCE))
        self.owner = f"orchestrator-{uuid.uuid4().hex[:12]}"
        self._room = threading.BoundedSemaphore(at_once)
        self.loop = Loop(name, self._claim, pause=0, retry=PAUSE, meanwhile=f"{name} wait")

    def claim_once(self, wait: float = 0) -> int:
        """Claim one row and have it handled; how many that were. Raises ServiceDown."""
        self._room.acquire()
        items: list[Row] = []
        try:
            items = self._claims.claim(self.owner, 1, wait)
        finally:
            if not items:
                self._room.release()
        for row in items:
            self._threads.do(f"{self._name}-{row.id}", lambda row=row: self._in_hand(row))
        return len(items)

    def write(self, number: int, **fields: Any) -> None:
        """What became of the row: state, outcome, and what else dbproxy takes with them."""
        try:
            self._outcomes.change(number, self.owner, **fields)
        except (Conflict, NotFound) as lost:
            log.info("%s %s has another owner: %s", self._name, number, lost)
        except ContinuumError as down:       # its lease ends, and it is handled again
            log.warning("the outcome of %s %s was not written: %s", self._name, number, down)

    def _in_hand(self, row: Row) -> None:
        try:
            self._handle(row)
        finally:
            self._room.release()

    def _claim(self) -> None:
        self.claim_once(LONG_POLL)


def backoff(attempts: int, longest: float) -> float:
    """Seconds: 2, 4, 8, … with some chance in it, so that many that wait do not come back at once."""
    return min(longest, 2 ** min(attempts, 12)) * random.uniform(0.75, 1.25)
