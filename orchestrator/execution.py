"""One stage of one run, from its first attempt in this life to its end."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from common.errors import Failure, Problem, ServiceDown, in_words
from common.stages import TERMINAL

from .course import Outcome
from .fleet import Fleet, JobGone
from .hold import LostRun
from .mirror import Mirror
from .records import Records

log = logging.getLogger(__name__)

UNSTORED = {"secrets", "clone"}      # inputs that need not lie in a second place


class Execution:
    """Carries a stage out on a worker. `cancel` may come from any thread, all else belongs to one.

    `attempt`: the last one so far, 0 for none; `open_job`: its row where it has no end yet; `may_repeat(attempt)`: is
    one more due after that attempt ended as error? `inputs(attempt)` raises Failure where the stage cannot be;
    `settle(outputs)` writes what the stage's success means for the run, before the success itself; `tell(state, reason)`
    reports that the job waits for a free slot (pending) or runs.
    """

    def __init__(self, *, run: int, fence: int, stage: str, worker: str, fleet: Fleet, records: Records,
                 attempt: int, open_job: dict | None, may_repeat: Callable[[int], bool],
                 inputs: Callable[[int], dict], settle: Callable[[dict], None], tell: Callable[[str, str], None]):
        self.stage, self._run, self._fence, self._worker = stage, run, fence, worker
        self._fleet, self._records = fleet, records
        self.attempt, self._open_job = attempt, open_job
        self._may_repeat, self._inputs, self._settle, self._tell = may_repeat, inputs, settle, tell
        self._told: tuple[str, str] | None = None
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
        if row["state"] in TERMINAL:
            return Outcome(self.stage, self.attempt, "error", row["reason"])
        self._url = row.get("worker")
        return self._follow(self._look(0) if self._url
                            else self._fleet.search(self._worker, self._name(), self._stop))

    def _begin(self) -> Outcome:
        self.attempt += 1
        self._url = None
        mirror = Mirror(self._records, self.stage, self.attempt)
        inputs = self._inputs(self.attempt)
        mirror.begin(f"handed to the {self._worker}",
                     {name: value for name, value in inputs.items() if name not in UNSTORED})
        if self.attempt > 1:
            self._fleet.put_down(self._worker, f"{self._run}.{self.stage}.{self.attempt - 1}", self._stop)
        return self._follow(self._fleet.start(self._worker, self._name(), self._fence, inputs, self._stop), mirror)

    def _follow(self, view: dict, mirror: Mirror | None = None) -> Outcome:
        """Wait for the job's end, and show its course meanwhile."""
        mirror = mirror or Mirror(self._records, self.stage, self.attempt)
        self._url = view["worker"]
        self._tell_course(view)
        if view["state"] not in TERMINAL:    # an end is written by _close alone, after what it means
            mirror.show(view, now=True)      # whoever comes after us must know where the job is
        if self._stop.is_set():
            self._end_job()                  # the cancel came before we knew whom to tell
        while view["state"] not in TERMINAL:
            mirror.show(view)
            self._stop.wait(mirror.rest())
            view = self._look(view["version"], mirror.pause())
            self._tell_course(view)
        return self._close(view, mirror)

    def _tell_course(self, view: dict) -> None:
        """Report each new place in the queue, and the begin, which a job may have left behind before we saw it."""
        told = ("pending", view["reason"]) if view["state"] == "pending" else ("running", f"{self.stage} is running")
        if told != self._told:
            self._told = told
            self._tell(*told)

    def _close(self, view: dict, mirror: Mirror) -> Outcome:
        state, reason = view["state"], view["reason"]
        if state == "canceled" and not self._stop.is_set():
            state, reason = "error", f"the {self._worker} ended the job unasked"
        if state == "success":
            self._settle(view["outputs"])
        mirror.show({**view, "state": state, "reason": reason}, now=True)
        seconds = (view["ended"] - view["started"]) / 1000 if view["started"] and view["ended"] else None
        return Outcome(self.stage, self.attempt, state, reason, view["outputs"], seconds)

    def _guarded(self, part: Callable[[], Outcome]) -> Outcome:
        """`part`, or how it went wrong, written down as the attempt's end."""
        try:
            return part()
        except (LostRun, ServiceDown):
            raise
        except Failure as failure:
            state, reason = "failure", str(failure)
        except (JobGone, Problem) as problem:
            if getattr(problem, "error", "") == "old_fence":
                raise LostRun(str(problem)) from problem
            state, reason = "error", str(problem)
        except Exception as problem:         # the border of a stage: a mistake of ours must not hang the run
            log.exception("stage %s of run %s broke", self.stage, self._run)
            state, reason = "error", in_words(problem)
        if self._stop.is_set():
            state, reason = "canceled", "canceled"
        self._records.job(self.stage, self.attempt, state=state, reason=reason)
        return Outcome(self.stage, self.attempt, state, reason)

    def _look(self, seen: int, wait: float = 0) -> dict:
        return self._fleet.look(self._worker, self._url, self._name(), self._stop, seen=seen, wait=wait)

    def _end_job(self) -> None:
        try:
            self._fleet.end(self._worker, self._url, self._name())
        except ServiceDown as down:
            log.warning("job %s could not be canceled now, the sweep will: %s", self._name(), down)

    def _name(self) -> str:
        return f"{self._run}.{self.stage}.{self.attempt}"
