"""The jobs of one worker: one stage's execution for one run and attempt, in this process's memory.

Life cycle: pending (waits for a free slot) -> running -> an end (TERMINAL), which is final.
Concurrency: one thread for each job that runs, `slots` of them at a time; the rest wait in the order they came, and
their reason says how many jobs come first.
Idempotency: the id is `run.stage.attempt`; the same PUT again finds the same job. A DELETE before its PUT leaves
a tombstone, so that the late PUT starts nothing.
Fences: a run's owner raises its fence at each claim; a PUT with a lower fence than the highest seen for the run is
refused, so a conductor that lost its lease cannot start work.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cachetools import LRUCache
from pydantic import BaseModel

from ..wire.errors import Canceled, Conflict, Failure, NotFound
from ..wire.jobs import JobView
from ..wire.reasons import Reason, reason, reason_of
from ..wire.stages import TERMINAL
from .joblog import JobLog, now_ms
from .slots import Slots, Ticket

log = logging.getLogger(__name__)

KEPT = 500                  # ended jobs that can still be asked for


class Cancel:
    """How a stage's function learns that it is to end: it checks, waits, or registers what to call."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []

    @property
    def requested(self) -> bool:
        return self._event.is_set()

    def check(self) -> None:
        """Raise Canceled if the end was asked for."""
        if self.requested:
            raise Canceled("canceled")

    def wait(self, seconds: float) -> None:
        """Pause; raises Canceled as soon as the end is asked for."""
        self._event.wait(seconds)
        self.check()

    def on_request(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` (in another thread) at the request, or now if it came already.

        Returns a function that takes the registration back.
        """
        with self._lock:
            self._callbacks.append(callback)
            now = self.requested
        if now:
            callback()
        return lambda: self._forget(callback)

    def request(self) -> None:
        with self._lock:
            if self.requested:
                return
            self._event.set()
            callbacks = list(self._callbacks)
        for callback in callbacks:
            callback()

    def _forget(self, callback: Callable[[], None]) -> None:
        with self._lock:
            if callback in self._callbacks:
                self._callbacks.remove(callback)


@dataclass(frozen=True)
class Done:
    """The success of a stage of which there is more to say."""

    outputs: dict
    reason: Reason


@dataclass(frozen=True)
class Stage:
    """One stage that a worker executes: `work(inputs, log, cancel) -> outputs` (a dict fit for JSON), or `Done`."""

    work: Callable[[Any, JobLog, Cancel], dict | Done | None]
    inputs: type[BaseModel]


@dataclass(frozen=True)
class JobKey:
    run: int
    stage: str
    attempt: int

    @classmethod
    def parse(cls, text: str) -> JobKey:
        """From `run.stage.attempt`; raises NotFound for anything else."""
        run, _, rest = text.partition(".")
        stage, _, attempt = rest.partition(".")
        if not (run.isdecimal() and stage.isalpha() and attempt.isdecimal()):
            raise NotFound(f"{text!r} is no job id (run.stage.attempt)")
        return cls(int(run), stage, int(attempt))

    def __str__(self) -> str:
        return f"{self.run}.{self.stage}.{self.attempt}"


class Job:
    """State of one job; every change raises `version` and wakes who waits."""

    def __init__(self, key: JobKey, inputs: dict):
        self.key, self.inputs = key, inputs
        self.state, self.reason = "pending", Reason("")
        self.outputs: dict = {}
        self.version = 1
        self.cancel = Cancel()
        self.log: JobLog | None = None
        self.ticket: Ticket | None = None
        self.created, self.started, self.ended = now_ms(), None, None
        self.changed = threading.Condition()

    def update(self, **values) -> None:
        with self.changed:
            if self.state not in TERMINAL:
                for name, value in values.items():
                    setattr(self, name, value)
                self.version += 1
                self.changed.notify_all()

    def leave_pending(self, **values) -> bool:
        """Make the update only if the job is pending; return whether it was."""
        with self.changed:
            waited = self.state == "pending"
            if waited:
                self.update(**values)
            return waited

    def touch(self) -> None:
        self.update()

    def wait(self, seen: int, seconds: float) -> None:
        """Return once the version passes `seen`, or after `seconds`."""
        with self.changed:
            self.changed.wait_for(lambda: self.version > seen, seconds)

    def view(self, worker: str) -> JobView:
        """`worker`: URL of this instance."""
        with self.changed:
            return JobView(id=str(self.key), worker=worker, state=self.state, **self.reason.row(), outputs=self.outputs,
                           version=self.version, steps=self.log.steps if self.log else [],
                           progress=self.log.progress if self.log else None, lines=self.log.count if self.log else 0,
                           created=self.created, started=self.started, ended=self.ended)


class Jobs:
    """All jobs of this worker."""

    def __init__(self, stages: dict[str, Stage], slots: int, send: Callable[[str, bytes], None]):
        self._stages = stages
        self._send = send
        self._slots = Slots(slots)
        self._lock = threading.Lock()
        self._jobs: dict[JobKey, Job] = {}
        self._fences: LRUCache[int, int] = LRUCache(10 * KEPT)      # run -> highest

    def put(self, key: JobKey, fence: int, inputs: dict) -> tuple[Job, bool]:
        """(the job, was it new); raises Conflict for a lower fence or other inputs, BadRequest for wrong ones."""
        stage = self._stages.get(key.stage)
        if stage is None:
            raise NotFound(f"this worker has no stage {key.stage!r}, only {', '.join(self._stages)}")
        with self._lock:
            self._check_fence(key.run, fence)
            job = self._jobs.get(key)
            if job is not None:
                if job.inputs != inputs and job.state != "canceled":
                    raise Conflict(f"job {key} exists with other inputs")
                return job, False
            job = self._keep(Job(key, inputs))
            job.ticket = Ticket(lambda: self._begin(job, stage),
                                lambda ahead: job.update(reason=reason("queued_at_worker", ahead=ahead)))
            self._slots.ask(job.ticket)
        return job, True

    def get(self, key: JobKey) -> Job:
        """Raises NotFound for a job that this process has never had (or has forgotten)."""
        with self._lock:
            job = self._jobs.get(key)
        if job is None:
            raise NotFound(f"job {key} is unknown here")
        return job

    def delete(self, key: JobKey) -> Job:
        """Ask the job to end; before its PUT, leave a tombstone."""
        with self._lock:
            job = self._jobs.get(key)
            if job is None:
                job = self._keep(Job(key, {}))
        job.leave_pending(state="canceled", reason=reason("canceled_before_start"), ended=now_ms())
        if job.ticket:
            self._slots.leave(job.ticket)
        job.cancel.request()
        job.update(reason=reason("canceling"))
        return job

    def running(self) -> list[Job]:
        with self._lock:
            return [job for job in self._jobs.values() if job.state not in TERMINAL]

    def _check_fence(self, run: int, fence: int) -> None:
        highest = self._fences.get(run, 0)
        if fence < highest:
            raise Conflict(f"fence {fence} of run {run} is old, {highest} was seen", error="old_fence")
        self._fences[run] = fence

    def _keep(self, job: Job) -> Job:
        self._jobs[job.key] = job
        ended = [key for key, other in self._jobs.items() if other.state in TERMINAL]
        for key in ended[:max(0, len(ended) - KEPT)]:
            del self._jobs[key]
        return job

    def _begin(self, job: Job, stage: Stage) -> None:
        """Use the slot that the job was given, at once; a job that was canceled meanwhile gives it back."""
        job.leave_pending(state="running", reason=reason("running"), started=now_ms())
        threading.Thread(target=self._execute, args=(job, stage), name=str(job.key), daemon=True).start()

    def _execute(self, job: Job, stage: Stage) -> None:
        try:
            if job.state in TERMINAL:
                return
            job.log = JobLog(job.key.run, job.key.stage, job.key.attempt, self._send, job.touch)
            state, why, outputs = self._outcome(job, stage)
            why = why.masked(job.log.masked)
            job.log.close()
            job.update(state=state, reason=why, outputs=outputs, ended=now_ms())
        finally:
            self._slots.release()

    def _outcome(self, job: Job, stage: Stage) -> tuple[str, Reason, dict]:
        try:
            job.cancel.check()
            done = stage.work(stage.inputs.model_validate(job.inputs), job.log, job.cancel)
            done = done if isinstance(done, Done) else Done(done or {}, reason("done"))
            return "success", done.reason, done.outputs
        except Canceled:
            job.log.line("canceled")
            return "canceled", reason("canceled"), {}
        except Failure as failure:
            line = job.log.line(f"failure: {failure}")
            return "failure", reason_of(failure).at_line(line), getattr(failure, "outputs", {})
        except Exception as problem:      # the border of a job: whatever we broke is told, and ends it as `error`
            log.exception("job %s broke", job.key)
            why = reason_of(problem)
            line = job.log.line(f"error: {why}")
            return "error", why.at_line(line), {}
