"""The life of a run. `conduct` is the whole of it; claims.py gives it the runs, course.py knows the rules."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace

from common.client import ServiceClient
from common.contracts import ImageRef
from common.errors import Conflict
from common.stages import STAGES
from forges import Forge

from . import metrics
from .course import Course, Outcome
from .crew import Crew
from .deployment import Deployment
from .disk import Disks
from .execution import Execution
from .feedback import Feedback
from .fleet import Fleet
from .hands import Hands
from .hold import Hold, LostRun
from .inputs import Inputs
from .records import Records
from .registry_rights import Images

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Tools:
    """What a conductor works with; shared by all runs."""

    db: ServiceClient
    fleet: Fleet
    deployer: ServiceClient
    images: Images
    forges: dict[str, Forge]
    feedback: Feedback
    hands: Hands
    builder_key: str = ""            # public half of builder's seal key


def conduct(hold: Hold, tools: Tools, claimed: dict) -> None:
    """Take a claimed run to its end, wherever an earlier owner left it. Returns early once the run is lost.

    `claimed`: the run as the claim answered it, which tells nothing of its jobs.
    """
    try:
        run = OpenRun(hold, tools, claimed if hold.fence == 1 else tools.db.get(f"/v1/runs/{hold.run}"))
        crew = Crew(hold, run.execution, tools.hands)
        crew.start(run.take_up())
        while run.goes_on:
            crew.start(run.begin_ready())
            run.note(crew.next_end())
        run.note_all(crew.stop())
        run.finish(crew.silent)
    except LostRun as lost:
        log.info("%s", lost)


def _repo_of(row: dict) -> dict:
    """What a run's row tells of its repo."""
    owner, _, name = row["repo_path"].partition("/")
    return {"id": row["repo"], "forge": row["forge"], "owner": owner, "name": name, "app": row["app"]}


class OpenRun:
    """One run in the hands of its conductor. Belongs to one thread, save what `execution` hands out."""

    def __init__(self, hold: Hold, tools: Tools, row: dict):
        self._hold, self._tools, self._row = hold, tools, row
        self._records = Records(tools.db, hold)
        self._repo = _repo_of(row)
        self._course = Course(row, self._repo, row.get("jobs", []))
        self._deployment = Deployment(tools.db, tools.deployer, self._records, row)
        self._inputs = Inputs(self._course, tools.db, tools.forges[self._repo["forge"]], self._deployment,
                              Disks(tools.db, tools.deployer, tools.images), tools.builder_key)
        self._begun: dict[str, float] = {}
        self._outputs: dict = dict(row.get("outputs") or {})

    @property
    def goes_on(self) -> bool:
        return self._course.goes_on and not self._hold.canceled

    def take_up(self) -> list[str]:
        """Stages that an earlier owner began: they are asked for, not begun anew. What it may have died without telling
        of those that succeeded is told; twice is as good."""
        for job in self._row.get("jobs", []):
            if job["state"] == "success":
                self._tell(job["stage"], job["state"], job["reason"])
        return self._mark_begun(self._course.standing())

    def begin_ready(self) -> list[str]:
        return self._mark_begun(self._course.ready())

    def note(self, outcome: Outcome | None) -> None:
        if outcome is not None:
            self._course.note(outcome)
            self._tell(outcome.stage, outcome.state, outcome.reason)
            metrics.stage_ended(outcome, time.monotonic() - self._begun[outcome.stage])

    def note_all(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            self.note(outcome)

    def execution(self, stage: str) -> Execution:
        return Execution(run=self._hold.run, fence=self._hold.fence, stage=stage, worker=STAGES[stage].worker,
                         fleet=self._tools.fleet, records=self._records, attempt=self._course.attempts(stage),
                         open_job=self._course.open_job(stage),
                         may_repeat=lambda attempt: self._course.may_repeat(stage, attempt),
                         inputs=lambda attempt: self._inputs.of(stage, attempt),
                         settle=lambda outputs: self._settle(stage, outputs),
                         tell=lambda state, reason: self._tell(stage, state, reason))

    def finish(self, silent: list[Outcome]) -> None:
        """Write how the run ended, last of all; before it, see to what must not be left behind.

        `silent`: stages that were canceled and never answered."""
        state, reason = self._verdict()
        if state != "success":
            self._close_jobs(silent + self._skipped(reason))
        if state != "success" or self._course.preview:
            self._deployment.close(state, reason)
        self._records.run(state=state, reason=reason, outputs={**self._outputs, "closed": self._course.closed()})
        self._tools.feedback.ended(self._row, state, reason)
        metrics.run_ended(self._row["kind"], state)
        log.info("run %s: %s, %s", self._hold.run, state, reason.partition("\n")[0])

    def _verdict(self) -> tuple[str, str]:
        if self._course.complete and self._course.preview:
            return "success", "the pull request passed all stages; its preview is removed"
        if self._course.complete:
            return "success", f"live at {self._outputs['url']}" if self._outputs.get("url") else "all stages passed"
        if self._course.verdict:
            return self._course.verdict
        by = self._tools.db.get(f"/v1/runs/{self._hold.run}").get("canceled_by")
        return "canceled", f"canceled by {by}" if by else "canceled"

    def _skipped(self, reason: str) -> list[Outcome]:
        return [Outcome(stage, self._course.attempts(stage) + 1, "skipped", f"not begun: {reason}")
                for stage in self._course.not_begun()]

    def _close_jobs(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            try:
                self._records.job(outcome.stage, outcome.attempt, state=outcome.state, reason=outcome.reason)
            except Conflict as final:          # the job ended by itself in this very moment, which is as good
                log.info("%s", final)
            self._course.note(replace(outcome, state="canceled"))
            self._tell(outcome.stage, outcome.state, outcome.reason)

    def _settle(self, stage: str, outputs: dict) -> None:
        """What a stage's success means for the run and its deployment; in the stage's own thread, before the success
        is written. Repeatable."""
        if stage == "build":
            self._outputs["image"] = outputs["image"]
            self._records.run(config=outputs["config"], outputs=self._outputs, message=outputs.get("message") or None,
                              author=outputs.get("author") or None)
        elif stage == "deploy":
            self._deployment.healthy(self._image(), outputs)
        elif stage == "promote":
            self._deployment.live(self._image(), outputs)
            self._outputs.update(url=outputs["url"], app=outputs["app"])

    def _image(self) -> ImageRef:
        return ImageRef(**self._course.results["build"]["image"])

    def _mark_begun(self, stages: list[str]) -> list[str]:
        for stage in stages:
            self._course.begin(stage)
            self._begun[stage] = time.monotonic()
        return sorted(stages, key=list(STAGES).index)

    def _tell(self, stage: str, state: str, reason: str) -> None:
        self._tools.feedback.stage(self._row, stage, state, reason)
