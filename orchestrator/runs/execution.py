"""One stage of one run, from its first attempt in this life to its end."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from common.api.runs import Job
from common.wire.errors import Failure, Problem, ServiceDown
from common.wire.jobs import JobView
from common.wire.reasons import reason, reason_in, reason_of
from common.wire.stages import STAGES, TERMINAL

from .job_sync import JobSync
from .lease import LostRun, RunLease
from .state import Outcome, Outputs
from .workers import JobGone, WorkerClient

log = logging.getLogger(__name__)

UNSTORED = {"secrets", "clone"}      # inputs that need not lie in a second place


class StageExecution:
    """Carries a stage out on a worker. `cancel` may come from any thread, all else belongs to one.

    `attempt`: the last one so far, 0 for none; `open_job`: its row where it has no end yet; `may_repeat(attempt)`: is
    one more due after that attempt ended as error? `inputs(attempt)` raises Failure where the stage cannot be;
    `settle(outputs)` writes what the stage's success means for the run, before the success itself.
    """

    def __init__(self, lease: RunLease, stage: str, workers: WorkerClient, *, attempt: int, open_job: Job | None,
                 may_repeat: Callable[[int], bool], inputs: Callable[[int], Outputs], settle: Callable[[Outputs], None]):
        self._lease, self.stage, self._worker, self._workers = lease, stage, STAGES[stage].worker, workers
        self.attempt, self._open_job = attempt, open_job
        self._may_repeat, self._inputs, self._settle = may_repeat, inputs, settle
        self._stop = threading.Event()
        self._url: str | None = None        # of the instance that has the job

    def carry_out(self) -> Outcome:
        """The stage's end. Raises LostRun, and ServiceDown where dbproxy stayed away: the next owner takes it up.
        Whatever else we break ends the stage as error."""
        outcome = self._guarded(self._take_up) if self._open_job else self._guarded(self._begin)
        while outcome.state == "error" and self._may_repeat(outcome.attempt) and not self._stop.is_set():
            outcome = self._guarded(self._begin)
        return outcome

    def cancel(self) -> None:
        """Ask the worker to end the job; what is not begun yet will not begin."""
        self._stop.set()
        if self._url:
            self._end_job()

    def _take_up(self) -> Outcome:
        """A job that an earlier owner of the run began: ask for it, never start blindly."""
        row = self._open_job
        if row.state in TERMINAL:
            return Outcome(self.stage, self.attempt, "error", reason_in(row))
        self._url = row.worker
        return self._follow(self._look(0) if self._url
                            else self._workers.search(self._worker, self._name(), self._stop))

    def _begin(self) -> Outcome:
        self.attempt += 1
        self._url = None
        job_sync = JobSync(self._lease, self.stage, self.attempt)
        inputs = self._inputs(self.attempt)
        job_sync.begin(self._worker, {name: value for name, value in inputs.items() if name not in UNSTORED})
        if self.attempt > 1:
            self._workers.put_down(self._worker, f"{self._lease.run}.{self.stage}.{self.attempt - 1}", self._stop)
        return self._follow(self._workers.start(self._worker, self._name(), self._lease.fence, inputs, self._stop), job_sync)

    def _follow(self, view: JobView, job_sync: JobSync | None = None) -> Outcome:
        """Wait for the job's end, and show its course meanwhile."""
        job_sync = job_sync or JobSync(self._lease, self.stage, self.attempt)
        self._url = view.worker
        if view.state not in TERMINAL:    # an end is written by _close alone, after what it means
            job_sync.show(view, now=True)      # whoever comes after us must know where the job is
        if self._stop.is_set():
            self._end_job()                  # the cancel came before we knew whom to tell
        while view.state not in TERMINAL:
            job_sync.show(view)
            self._stop.wait(job_sync.rest())
            view = self._look(view.version, job_sync.pause())
        return self._close(view, job_sync)

    def _close(self, view: JobView, job_sync: JobSync) -> Outcome:
        state, why = view.state, reason_in(view)
        if state == "canceled" and not self._stop.is_set():
            state, why = "error", reason("ended_unasked", worker=self._worker)
        if state == "success":
            self._settle(view.outputs)
        job_sync.show(view.model_copy(update={"state": state, **why.row()}), now=True)
        seconds = (view.ended - view.started) / 1000 if view.started and view.ended else None
        return Outcome(self.stage, self.attempt, state, why, view.outputs, seconds)

    def _guarded(self, part: Callable[[], Outcome]) -> Outcome:
        """`part`, or how it went wrong, written down as the attempt's end."""
        try:
            return part()
        except (LostRun, ServiceDown):
            raise
        except Failure as failure:
            state, why = "failure", reason_of(failure)
        except (JobGone, Problem) as problem:
            if getattr(problem, "error", "") == "old_fence":
                raise LostRun(str(problem)) from problem
            state, why = "error", reason_of(problem)
        except Exception as problem:         # the border of a stage: a mistake of ours must not hang the run
            log.exception("stage %s of run %s broke", self.stage, self._lease.run)
            state, why = "error", reason_of(problem)
        if self._stop.is_set():
            state, why = "canceled", reason("canceled")
        self._lease.write_job(self.stage, self.attempt, state=state, **why.row())
        return Outcome(self.stage, self.attempt, state, why)

    def _look(self, seen: int, wait: float = 0) -> JobView:
        return self._workers.look(self._worker, self._url, self._name(), self._stop, seen=seen, wait=wait)

    def _end_job(self) -> None:
        try:
            self._workers.end(self._worker, self._url, self._name())
        except ServiceDown as down:
            log.warning("job %s could not be canceled now, the sweep will: %s", self._name(), down)

    def _name(self) -> str:
        return f"{self._lease.run}.{self.stage}.{self.attempt}"
