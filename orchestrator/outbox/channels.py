"""Where reports go: one class for each channel."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from common.api.client import Dbproxy
from common.api.results import FindingsPage, TestReport
from common.wire.errors import BadRequest, NotFound, TooLarge
from forges import Forge, Unsupported

from ..runs.pipeline import PREVIEW_EVENT
from . import formatting
from .annotations import Whereabouts
from .report import Report

Answer = TypeVar("Answer")

FALLEN = {"kept": "inactive", "stopped": "inactive", "removed": "inactive", "failed": "failure"}


@dataclass(frozen=True)
class Sent:
    """What became of a report, in a sentence for people; `known`: the id that the receiver gave to it, to find it by."""

    outcome: str
    known: str | None = None


class Channel(ABC):
    """Safe for several threads."""

    name: str        # as dbproxy writes it

    @abstractmethod
    def send(self, report: Report) -> Sent:
        """Raises what the receiver and dbproxy raise: the report is sent again later, or is refused."""


@dataclass(frozen=True)
class Target:
    """A repository at its forge, by the names that it has now."""

    forge: Forge
    owner: str
    name: str


class ForgeChannel(Channel):
    """To the forge of the repository, unless the repository's settings (`feedback`) turn it off."""

    feature: str     # what the forge must support
    setting: str     # its name in the settings

    def __init__(self, db: Dbproxy, forges: dict[str, Forge]):
        self._db, self._forges = db, forges

    def send(self, report: Report) -> Sent:
        forge = self._forges.get(report.forge)
        if forge is None or not forge.supports(self.feature):
            return Sent(f"not sent: no forge {report.forge} that shows it is set up")
        repo = self._db.repos.get(report.repo)
        if not getattr(repo.settings.feedback, self.setting):
            return Sent(f"not sent: the settings of the repository turn {self.setting} off")
        try:
            return self._tell(Target(forge, repo.owner, repo.name), report)
        except Unsupported as lacks:         # here, though the forge has it elsewhere: check runs need the App
            return Sent(f"not sent: {lacks}")

    @abstractmethod
    def _tell(self, to: Target, report: Report) -> Sent:
        """Raises Unsupported where this forge does not take it from whoever acts for us there."""


class StatusChannel(ForgeChannel):
    name, feature, setting = "status", "status", "statuses"

    def _tell(self, to: Target, report: Report) -> Sent:
        status = formatting.status(report)
        to.forge.set_status(to.owner, to.name, status, again=report.again)
        return Sent(f"{status.context} is {status.state}")


class DeploymentChannel(ForgeChannel):
    """The deployment is begun at the forge by its first report that arrives."""

    name, feature, setting = "deployment", "deployment", "deployments"

    def _tell(self, to: Target, report: Report) -> Sent:
        ours = next(iter(self._db.deployments.page(run=report.run).items), None)
        known = report.known or self._start(to, report)
        state = _deployment_state(report, ours and ours.state)
        if state != "in_progress" or report.known:        # that it goes on is told by its being there
            to.forge.set_deployment(to.owner, to.name, known, state, formatting.one_line(report.reason), report.url,
                                    ours and ours.url or "", again=report.again)
        return Sent(f"deployment {known} is {state}", known)

    def _start(self, to: Target, report: Report) -> str:
        environment = "preview" if report.event == PREVIEW_EVENT else "production"
        return to.forge.start_deployment(to.owner, to.name, report.commit, environment, f"run {report.run} of Continuum",
                                         mark=report.url, again=report.tried)


class CommentChannel(ForgeChannel):
    """One comment on each pull request, changed in place."""

    name, feature, setting = "comment", "comment", "comment"

    def _tell(self, to: Target, report: Report) -> Sent:
        number = int(report.ref.split("/")[2])
        pull = self._db.pulls.get(report.repo, number)
        if pull.head_commit != report.commit:
            return Sent("not sent: the pull request is at another commit by now")
        body = formatting.comment(number, report, *_results(self._db, report.run))
        known = to.forge.upsert_comment(to.owner, to.name, number, body, pull.comment)
        if known != pull.comment:
            self._db.pulls.change(report.repo, number, known)
        return Sent(f"comment {known} on pull request {number}", known)


class CheckChannel(ForgeChannel):
    name, feature, setting = "check", "check", "checks"

    def _tell(self, to: Target, report: Report) -> Sent:
        config = self._db.runs.get(report.run).config      # known since the build
        place = Whereabouts(partial(_text, to, report.commit), config).of
        check = formatting.check(report, *_results(self._db, report.run), place)
        known = to.forge.set_check(to.owner, to.name, check, again=report.again)
        return Sent(f"check run {known} is {check.conclusion}", known)


CHANNELS = (StatusChannel, DeploymentChannel, CommentChannel, CheckChannel)


def _deployment_state(report: Report, ours: str | None) -> str:
    """In the forge's words; `ours`: the state of our own deployment now. A success that is told late may serve no more:
    the forge would take its successor off."""
    if report.state == "success":
        return FALLEN.get(ours) or ("inactive" if report.event == PREVIEW_EVENT else "success")
    return {"in_progress": "in_progress", "failure": "failure", "canceled": "inactive"}.get(report.state, "error")


def _results(db: Dbproxy, run: int) -> tuple[FindingsPage | None, TestReport | None]:
    """(findings, tests) of the run; None for what it did not come to."""
    return _found(partial(db.findings.page, run, new=True, per_page=100)), _found(partial(db.tests.get, run))


def _found(ask: Callable[[], Answer]) -> Answer | None:
    try:
        return ask()
    except NotFound:
        return None


def _text(at: Target, commit: str, path: str) -> str | None:
    try:
        return at.forge.file(at.owner, at.name, commit, path).decode(errors="replace")
    except (BadRequest, NotFound, TooLarge):
        return None
