"""Where reports go: one class for each channel. `report` is a row as dbproxy claimed it (docs/contracts.md)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import partial

from common.client import ServiceClient
from common.errors import BadRequest, NotFound, TooLarge
from forges import Forge, Unsupported

from ..pipeline import PREVIEW_EVENT
from . import formatting
from .annotations import Whereabouts

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
    def send(self, report: dict, url: str) -> Sent:
        """`url`: the page of the run. Raises what the receiver and dbproxy raise: the report is sent again later, or is
        refused."""


class ForgeChannel(Channel):
    """To the forge of the repository, unless the repository's settings (`feedback`) turn it off."""

    feature: str     # what the forge must support
    setting: str     # its name in the settings

    def __init__(self, db: ServiceClient, forges: dict[str, Forge]):
        self._db, self._forges = db, forges

    def send(self, report: dict, url: str) -> Sent:
        forge = self._forges.get(report["forge"])
        if forge is None or not forge.supports(self.feature):
            return Sent(f"not sent: no forge {report['forge']} that shows it is set up")
        repo = self._db.get(f"/v1/repos/{report['repo']}")      # its names and settings as they are by now
        if not (repo.get("settings") or {}).get("feedback", {}).get(self.setting, True):
            return Sent(f"not sent: the settings of the repository turn {self.setting} off")
        try:
            return self._tell(forge, repo, {**report, **report["about"]}, url)
        except Unsupported as lacks:         # here, though the forge has it elsewhere: check runs need the App
            return Sent(f"not sent: {lacks}")

    @abstractmethod
    def _tell(self, forge: Forge, repo: dict, report: dict, url: str) -> Sent:
        """`report` with what it says: stage, state and reason."""


class StatusChannel(ForgeChannel):
    name, feature, setting = "status", "status", "statuses"

    def _tell(self, forge: Forge, repo: dict, report: dict, url: str) -> Sent:
        status = formatting.status(report, report["state"], report["reason"], url, report["stage"])
        forge.set_status(repo["owner"], repo["name"], status, again=report["attempts"] > 1)
        return Sent(f"{status.context} is {status.state}")


class DeploymentChannel(ForgeChannel):
    """The deployment is begun at the forge by its first report that arrives."""

    name, feature, setting = "deployment", "deployment", "deployments"

    def _tell(self, forge: Forge, repo: dict, report: dict, url: str) -> Sent:
        row = self._row(report["run"])
        known = report["known"] or self._start(forge, repo, report, url)
        state = _deployment_state(report, row)
        if state != "in_progress" or report["known"]:        # that it goes on is told by its being there
            forge.set_deployment(repo["owner"], repo["name"], known, state, formatting.one_line(report["reason"]), url,
                                 (row or {}).get("url") or "", again=report["attempts"] > 1)
        return Sent(f"deployment {known} is {state}", known)

    def _start(self, forge: Forge, repo: dict, report: dict, url: str) -> str:
        environment = "preview" if report["event"] == PREVIEW_EVENT else "production"
        return forge.start_deployment(repo["owner"], repo["name"], report["commit"], environment,
                                      f"run {report['run']} of Continuum", mark=url, again=report["tried"])

    def _row(self, run: int) -> dict | None:
        rows = self._db.get("/v1/deployments", params={"run": run})["items"]
        return rows[0] if rows else None


class CommentChannel(ForgeChannel):
    """One comment on each pull request, changed in place."""

    name, feature, setting = "comment", "comment", "comment"

    def _tell(self, forge: Forge, repo: dict, report: dict, url: str) -> Sent:
        number = int(report["ref"].split("/")[2])
        path = f"/v1/repos/{repo['id']}/pulls/{number}"
        pull = self._db.get(path)
        if pull["head_commit"] != report["commit"]:
            return Sent("not sent: the pull request is at another commit by now")
        body = formatting.comment(number, report, url, *_results(self._db, report["run"]))
        known = forge.upsert_comment(repo["owner"], repo["name"], number, body, pull["comment"])
        if known != pull["comment"]:
            self._db.patch(path, {"comment": known})
        return Sent(f"comment {known} on pull request {number}", known)


class CheckChannel(ForgeChannel):
    name, feature, setting = "check", "check", "checks"

    def _tell(self, forge: Forge, repo: dict, report: dict, url: str) -> Sent:
        config = self._db.get(f"/v1/runs/{report['run']}").get("config")      # known since the build
        place = Whereabouts(partial(_text, forge, repo, report["commit"]), config).of
        check = formatting.check(report, url, *_results(self._db, report["run"]), place)
        known = forge.set_check(repo["owner"], repo["name"], check, again=report["attempts"] > 1)
        return Sent(f"check run {known} is {check.conclusion}", known)


CHANNELS = (StatusChannel, DeploymentChannel, CommentChannel, CheckChannel)


def _deployment_state(report: dict, row: dict | None) -> str:
    """In the forge's words. A success that is told late may serve no more: the forge would take its successor off."""
    state = report["state"]
    if state == "success":
        fallen = FALLEN.get(row["state"]) if row else None
        return fallen or ("inactive" if report["event"] == PREVIEW_EVENT else "success")
    return {"in_progress": "in_progress", "failure": "failure", "canceled": "inactive"}.get(state, "error")


def _results(db: ServiceClient, run: int) -> tuple[dict | None, dict | None]:
    """(findings, tests) of the run; None for what it did not come to."""
    return (_of(db, f"/v1/runs/{run}/findings", {"new": "true", "per_page": 100}),
            _of(db, f"/v1/runs/{run}/tests", {}))


def _of(db: ServiceClient, path: str, params: dict) -> dict | None:
    try:
        return db.get(path, params=params)
    except NotFound:
        return None


def _text(forge: Forge, repo: dict, commit: str, path: str) -> str | None:
    try:
        return forge.file(repo["owner"], repo["name"], commit, path).decode(errors="replace")
    except (BadRequest, NotFound, TooLarge):
        return None
