"""The course of one run: what has happened in it, and what may come next. No input or output, only the rules.

A run that is retried lives again: it keeps the jobs of its former lives. The end of a life writes the highest attempt
of each stage into the run's outputs, under `closed`, in the same write as the terminal state; so whoever opens the
run later can tell a failure that this life must still answer for from one that the retry is about.

What lasts over lives is in the table of stages: build and scan, whose results stand in the registry and the database. A
candidate is removed when its life ends, so deploy, and the test of that very container, are done again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from common.api.runs import Job, Run
from common.wire.contracts import RepoConfig, RepoRef
from common.wire.reasons import Reason, reason_in
from common.wire.stages import LASTING, STAGES, TERMINAL

from . import pipeline
from .start import Outputs, RunInputs

UNFORESEEN = {"error", "canceled"}      # a job that ended so, while nobody asked for it, is tried again
TRIES = 2            # of a stage that ended as `error` (we broke), in one life


@dataclass(frozen=True)
class Outcome:
    """The end of one stage: its last attempt's."""

    stage: str
    attempt: int
    state: str                   # one of TERMINAL
    reason: Reason
    outputs: Outputs = field(default_factory=dict)
    worker_seconds: float | None = None      # of the last attempt, by the worker's clock


class RunState:
    """Belongs to one thread."""

    def __init__(self, run: Run, jobs: Sequence[Job]):
        self.run, self.inputs = run, RunInputs.model_validate(run.inputs)
        self._closed: dict[str, int] = run.outputs.get("closed", {})
        self._rows: dict[tuple[str, int], Job | Outcome] = {(job.stage, job.attempt): job for job in jobs}
        self._begun: set[str] = set()
        self.results: dict[str, Outputs] = dict(self.inputs.results)
        self.verdict: tuple[str, Reason] | None = None
        for job in sorted(jobs, key=lambda job: (job.state != "failure", job.attempt)):
            self._take_over(job)

    @property
    def repo(self) -> RepoRef:
        owner, _, name = self.run.repo_path.partition("/")
        return RepoRef(id=self.run.repo, forge=self.run.forge, owner=owner, name=name)

    @property
    def config(self) -> RepoConfig | None:
        """What `.continuum.yml` says; None before build has read it."""
        built = self.results.get("build")
        return RepoConfig.model_validate(built["config"]) if built else None

    @property
    def graph(self) -> pipeline.Graph:
        return pipeline.graph(self.run.kind, self.config, self.inputs.results, self.preview)

    @property
    def preview(self) -> bool:
        """A pull request's run: it never goes live."""
        return self.run.event == pipeline.PREVIEW_EVENT

    @property
    def foreign(self) -> bool:
        """Of a fork: it gets no secret. A pull request that nobody judged counts as one."""
        return self.preview and (self.inputs.pull is None or self.inputs.pull.fork)

    @property
    def complete(self) -> bool:
        """Every stage succeeded."""
        return self.graph.keys() <= self.results.keys()

    @property
    def goes_on(self) -> bool:
        return self.verdict is None and not self.complete

    def standing(self) -> list[str]:
        """Stages that an earlier owner of the run began and that have no end yet."""
        return [stage for stage in self.graph if stage not in self.results
                and (job := self.open_job(stage)) and job.state not in TERMINAL]

    def ready(self) -> list[str]:
        """Stages that may begin now: everything they wait for is done."""
        return [stage for stage, needs in self.graph.items()
                if stage not in self.results and stage not in self._begun and needs <= self.results.keys()]

    def not_begun(self) -> list[str]:
        """Stages that this life has not come to."""
        return [stage for stage in self.graph
                if stage not in self.results and stage not in self._begun and not self._tries(stage)]

    def begin(self, stage: str) -> None:
        self._begun.add(stage)

    def note(self, outcome: Outcome) -> None:
        """Take the end of a stage; the first bad one decides how the run ends."""
        self._rows[outcome.stage, outcome.attempt] = outcome
        if outcome.state == "success":
            self.results[outcome.stage] = outcome.outputs
        elif outcome.state != "canceled" and self.verdict is None:      # canceled by us, for a reason known elsewhere
            self.verdict = outcome.state, outcome.reason.of_stage(outcome.stage)

    def attempts(self, stage: str) -> int:
        """Highest attempt of the stage so far, over all lives; 0: none."""
        return max((attempt for name, attempt in self._rows if name == stage), default=0)

    def may_repeat(self, stage: str, attempt: int) -> bool:
        """May this life try the stage once more by itself, after `attempt` ended as error?"""
        return attempt - self._closed.get(stage, 0) < TRIES

    def open_job(self, stage: str) -> Job | None:
        """The row of this life's last attempt if that attempt has no end yet, or ended in a way that is tried again."""
        job = self._rows.get((stage, self.attempts(stage)))
        if not isinstance(job, Job) or not self._tries(stage):
            return None
        again = job.state in UNFORESEEN and self.may_repeat(stage, self.attempts(stage))
        return job if again or job.state not in TERMINAL else None

    def closed(self) -> dict[str, int]:
        """To be written with the run's end."""
        return {stage: self.attempts(stage) for stage in STAGES if self.attempts(stage)}

    def _tries(self, stage: str) -> int:
        """Attempts of this life."""
        return self.attempts(stage) - self._closed.get(stage, 0)

    def _take_over(self, job: Job) -> None:
        """A row that was there when the run was opened: failures first, for they decide; then by attempt."""
        stage, state = job.stage, job.state
        this_life = job.attempt > self._closed.get(stage, 0)
        if state == "success" and (this_life or stage in LASTING):
            self.results[stage] = job.outputs
        elif this_life and state == "failure":
            self.verdict = self.verdict or ("failure", reason_in(job).of_stage(stage))
        elif this_life and state in UNFORESEEN and not self.may_repeat(stage, job.attempt):
            self.verdict = self.verdict or ("error", reason_in(job).of_stage(stage))
