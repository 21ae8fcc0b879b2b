"""Our lease of one run: its fence, why we might have to stop, and what we write about the run.

    LostRun     the run has another owner (a write came back with 409 old_fence): write nothing more, touch nothing

Every write carries the fence, and the first one that is refused ends the lease. Rule for all callers: write first, then
act. A conductor that lost its run finds out at the write, and then neither starts nor cancels nor removes anything.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from common.api.base import Row
from common.api.client import Dbproxy
from common.api.deployments import Deployment
from common.wire.errors import Conflict, ContinuumError

AnyRow = TypeVar("AnyRow", bound=Row)

PATIENCE = 120       # seconds that a write is tried again; a run whose writes never succeed is claimed by another


class LostRun(ContinuumError):
    """Somebody else owns the run now."""


class RunLease:
    """One claimed run in this process. Safe for several threads; both marks are final.

    All writes raise LostRun, and ServiceDown after `PATIENCE` seconds.
    """

    def __init__(self, db: Dbproxy, run: int, fence: int):
        self._db, self.run, self.fence = db.within(patience=PATIENCE), run, fence
        self._canceled, self._lost = threading.Event(), threading.Event()
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], None]] = []

    @property
    def canceled(self) -> bool:
        """A person asked for the end of the run."""
        return self._canceled.is_set()

    @property
    def lost(self) -> bool:
        return self._lost.is_set()

    def cancel(self) -> None:
        self._mark(self._canceled)

    def lose(self) -> None:
        self._mark(self._lost)

    def check(self) -> None:
        """Raises LostRun once the run is no longer ours."""
        if self.lost:
            raise LostRun(f"run {self.run} has another owner than fence {self.fence}")

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` at each new mark, and now if there is one already."""
        with self._lock:
            self._listeners.append(listener)
            marked = self.canceled or self.lost
        if marked:
            listener()

    def write_job(self, stage: str, attempt: int, **fields) -> None:
        """`fields` as `Jobs.put` takes them: state and reason, and what changed."""
        self._write(partial(self._db.jobs.put, self.run, stage, attempt, **fields))

    def write_run(self, **fields) -> None:
        self._write(partial(self._db.runs.change, self.run, **fields))

    def new_deployment(self, **fields) -> Deployment:
        """The run's deployment; the same one when asked again."""
        return self._write(partial(self._db.deployments.create, run=self.run, **fields))

    def write_deployment(self, number: int, **fields) -> None:
        self._write(partial(self._db.deployments.change, number, **fields))

    def _write(self, call: Callable[..., AnyRow]) -> AnyRow:
        self.check()
        try:
            return call(fence=self.fence)
        except Conflict as conflict:
            if conflict.error != "old_fence":
                raise
            self.lose()
            raise LostRun(str(conflict)) from conflict

    def _mark(self, event: threading.Event) -> None:
        with self._lock:
            if event.is_set():
                return
            event.set()
            listeners = list(self._listeners)
        for listener in listeners:
            listener()
