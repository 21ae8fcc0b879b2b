"""The stages of one run that are under way, a thread each; their ends come back in the order in which they happen."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from functools import partial

from common.wire.reasons import reason

from ..background.threads import Threads
from .execution import StageExecution
from .lease import RunLease
from .state import Outcome

ENDS_WITHIN = 8      # seconds that a canceled job may take; later ones are left to the sweep


class StageRunner:
    """Belongs to the run's conductor thread."""

    def __init__(self, lease: RunLease, make: Callable[[str], StageExecution], threads: Threads):
        self._lease, self._make, self._threads = lease, make, threads
        self._under_way: dict[str, StageExecution] = {}
        self._ends: queue.SimpleQueue[Outcome | Exception | None] = queue.SimpleQueue()
        lease.on_change(lambda: self._ends.put(None))

    def start(self, stages: list[str]) -> None:
        for stage in stages:
            execution = self._under_way[stage] = self._make(stage)
            self._threads.do(f"run-{self._lease.run}-{stage}", partial(self._carry_out, execution))

    def next_end(self) -> Outcome | None:
        """Waits for the end of a stage; None if the run was canceled meanwhile. Raises LostRun."""
        return self._take(self._ends.get())

    def stop(self) -> list[Outcome]:
        """Cancel what is under way; the ends that came in time."""
        for execution in self._under_way.values():
            self._threads.do(f"run-{self._lease.run}-cancel-{execution.stage}", execution.cancel)
        ends, until = [], time.monotonic() + ENDS_WITHIN
        while self._under_way:
            try:
                end = self._take(self._ends.get(timeout=max(0.0, until - time.monotonic())))
            except queue.Empty:
                break
            ends += [end] if end else []
        return ends

    @property
    def silent(self) -> list[Outcome]:
        """What did not end in time, after `stop`."""
        return [Outcome(stage, execution.attempt, "canceled", reason("unconfirmed"))
                for stage, execution in self._under_way.items()]

    def _take(self, end: Outcome | Exception | None) -> Outcome | None:
        self._lease.check()
        if isinstance(end, Exception):
            raise end
        if end is not None:
            del self._under_way[end.stage]
        return end

    def _carry_out(self, execution: StageExecution) -> None:
        try:
            self._ends.put(execution.carry_out())
        except Exception as problem:      # handed to the conductor's thread, which decides
            self._ends.put(problem)
