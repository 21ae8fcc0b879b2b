"""What a worker tells of its job, written to dbproxy so that pages can show it: at most ten times a second a job, and
always the last state.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from common.wire.jobs import JobView
from common.wire.reasons import reason

from .lease import RunLease

INTERVAL = 0.1       # seconds between two writes of one job
LONGEST_WAIT = 25    # seconds
CHATTY = 3           # views within one interval; then the job is asked less often
REST = 0.03          # seconds between two questions to a chatty job

_TOLD = {"state", "reason", "code", "params", "worker", "outputs", "steps", "progress", "lines", "started", "ended"}


class JobSync:
    """The row of one job. Belongs to one thread; `begin` and `show` raise LostRun."""

    def __init__(self, lease: RunLease, stage: str, attempt: int, clock: Callable[[], float] = time.monotonic):
        self._lease, self._stage, self._attempt, self._clock = lease, stage, attempt, clock
        self._shown: dict[str, Any] | None = None
        self._written = -INTERVAL
        self._held = 0               # views since the last write

    def begin(self, worker: str, inputs: dict[str, Any]) -> None:
        """The job is ours and about to be handed over."""
        self._lease.write_job(self._stage, self._attempt, state="pending", inputs=inputs,
                              **reason("handed_over", worker=worker).row())

    def show(self, view: JobView, *, now: bool = False) -> None:
        """Write the view if it says something new and a write is due, or `now`."""
        told = view.model_dump(include=_TOLD)
        if told == self._shown:
            self._held = 0
        elif now or self._clock() - self._written >= INTERVAL:
            self._lease.write_job(self._stage, self._attempt, **told)
            self._shown, self._written, self._held = told, self._clock(), 0
        else:
            self._held += 1

    def pause(self) -> float:
        """Seconds that one may wait for news of the job before a view that was held back is due."""
        return max(0.01, INTERVAL - (self._clock() - self._written)) if self._held else LONGEST_WAIT

    def rest(self) -> float:
        return REST if self._held >= CHATTY else 0
