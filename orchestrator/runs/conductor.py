"""The life of a run. `conduct` is the whole of it; claimer.py gives it the runs, state.py knows the rules."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from common.api.client import Dbproxy
from common.api.runs import Job, Run
from common.service.client import ServiceClient
from common.wire.contracts import BuildOutputs, DeployOutputs, ImageRef, PromoteOutputs
from common.wire.errors import Conflict
from common.wire.reasons import Reason, reason
from common.wire.stages import STAGES
from forges import Forge

from .. import metrics
from ..background.threads import Threads
from ..credentials.registry_rights import Images
from .deployment import Deployment
from .disk import Disks
from .execution import StageExecution
from .inputs import Inputs
from .lease import LostRun, RunLease
from .runner import StageRunner
from .state import Outcome, Outputs, RunState
from .workers import WorkerClient

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Tools:
    """What a conductor works with; shared by all runs."""

    db: Dbproxy
    workers: WorkerClient
    deployer: ServiceClient
    images: Images
    forges: dict[str, Forge]
    threads: Threads
    builder_key: str = ""            # public half of builder's seal key


def conduct(lease: RunLease, tools: Tools, claimed: Run) -> None:
    """Take a claimed run to its end, wherever an earlier owner left it. Returns early once the run is lost.

    `claimed`: the run as the claim answered it, which tells nothing of its jobs.
    """
    try:
        run = OpenRun(lease, tools, claimed) if lease.fence == 1 else _reopened(lease, tools)
        runner = StageRunner(lease, run.execution, tools.threads)
        runner.start(run.take_up())
        while run.goes_on:
            runner.start(run.begin_ready())
            run.note(runner.next_end())
        run.note_all(runner.stop())
        run.finish(runner.silent)
    except LostRun as lost:
        log.info("%s", lost)


def _reopened(lease: RunLease, tools: Tools) -> OpenRun:
    """A run that had an owner before us, and may have jobs."""
    row = tools.db.runs.get(lease.run)
    return OpenRun(lease, tools, row, row.jobs)


class OpenRun:
    """One run in the hands of its conductor. Belongs to one thread, save what `execution` hands out."""

    def __init__(self, lease: RunLease, tools: Tools, row: Run, jobs: Sequence[Job] = ()):
        self._lease, self._tools, self._row = lease, tools, row
        self._run_state = RunState(row, jobs)
        self._deployment = Deployment(tools.db, tools.deployer, lease, row)
        self._inputs = Inputs(self._run_state, tools.db, tools.forges[row.forge], self._deployment,
                              Disks(tools.db, tools.deployer, tools.images), tools.builder_key)
        self._begun: dict[str, float] = {}
        self._outputs = dict(row.outputs)

    @property
    def goes_on(self) -> bool:
        return self._run_state.goes_on and not self._lease.canceled

    def take_up(self) -> list[str]:
        """Stages that an earlier owner began: they are asked for, not begun anew."""
        return self._mark_begun(self._run_state.standing())

    def begin_ready(self) -> list[str]:
        return self._mark_begun(self._run_state.ready())

    def note(self, outcome: Outcome | None) -> None:
        if outcome is not None:
            self._run_state.note(outcome)
            metrics.stage_ended(outcome, time.monotonic() - self._begun[outcome.stage])

    def note_all(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            self.note(outcome)

    def execution(self, stage: str) -> StageExecution:
        return StageExecution(self._lease, stage, self._tools.workers, attempt=self._run_state.attempts(stage),
                              open_job=self._run_state.open_job(stage),
                              may_repeat=lambda attempt: self._run_state.may_repeat(stage, attempt),
                              inputs=lambda attempt: self._inputs.of(stage, attempt),
                              settle=lambda outputs: self._settle(stage, outputs))

    def finish(self, silent: list[Outcome]) -> None:
        """Write how the run ended, last of all; before it, see to what must not be left behind.

        `silent`: stages that were canceled and never answered."""
        state, why = self._verdict()
        if state != "success":
            self._close_jobs(silent + self._skipped(why))
        if state != "success" or self._run_state.preview:
            self._deployment.close(state, why.text)
        self._lease.write_run(state=state, **why.row(), outputs={**self._outputs, "closed": self._run_state.closed()})
        metrics.run_ended(self._row.kind, state)
        log.info("run %s: %s, %s", self._lease.run, state, why.text.partition("\n")[0])

    def _verdict(self) -> tuple[str, Reason]:
        if self._run_state.complete and self._run_state.preview:
            return "success", reason("preview_passed")
        if self._run_state.complete:
            url = self._outputs.get("url")
            return "success", reason("live", url=url) if url else reason("passed")
        if self._run_state.verdict:
            return self._run_state.verdict
        by = self._tools.db.runs.get(self._lease.run).canceled_by
        return "canceled", reason("canceled_by", actor=by) if by else reason("canceled")

    def _skipped(self, why: Reason) -> list[Outcome]:
        return [Outcome(stage, self._run_state.attempts(stage) + 1, "skipped", reason("not_begun", cause=why.text))
                for stage in self._run_state.not_begun()]

    def _close_jobs(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            try:
                self._lease.write_job(outcome.stage, outcome.attempt, state=outcome.state, **outcome.reason.row())
            except Conflict as final:          # the job ended by itself in this very moment, which is as good
                log.info("%s", final)
            self._run_state.note(replace(outcome, state="canceled"))

    def _settle(self, stage: str, outputs: Outputs) -> None:
        """What a stage's success means for the run and its deployment; in the stage's own thread, before the success
        is written. Repeatable."""
        if stage == "build":
            self._note_build(BuildOutputs.model_validate(outputs))
        elif stage == "deploy":
            self._deployment.healthy(self._image(), DeployOutputs.model_validate(outputs))
        elif stage == "promote":
            live = PromoteOutputs.model_validate(outputs)
            self._deployment.live(self._image(), live)
            self._outputs.update(url=live.url, app=live.app)

    def _note_build(self, built: BuildOutputs) -> None:
        self._outputs["image"] = built.image.model_dump()
        self._lease.write_run(config=built.config, outputs=self._outputs, message=built.message or None,
                              author=built.author or None)

    def _image(self) -> ImageRef:
        return ImageRef(**self._run_state.results["build"]["image"])

    def _mark_begun(self, stages: list[str]) -> list[str]:
        for stage in stages:
            self._run_state.begin(stage)
            self._begun[stage] = time.monotonic()
        return sorted(stages, key=list(STAGES).index)
