"""What forges are told of our runs: commit statuses, deployments, a comment on the pull request, check runs.

Every call returns at once; a board (board.py) brings it to the forge in the right order, with tries that are bounded.
Each kind can be turned off in the repo's settings, `feedback: {statuses, deployments, comment, checks}`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import partial

from common.client import ServiceClient
from common.errors import BadRequest, ContinuumError, NotFound, TooLarge
from forges import Forge, Unsupported

from ..pipeline import PREVIEW_EVENT
from . import words
from .board import Board, Order
from .deployments import Deployments
from .whereabouts import Whereabouts

__all__ = ["Feedback"]

log = logging.getLogger(__name__)

CATCH_UP = timedelta(minutes=10)
LASTS = 4            # seconds; a stage that is over sooner is told once, with its end
UNTOLD = {"skipped"}
KINDS = {"statuses": "status", "deployments": "deployment", "comment": "comment", "checks": "check"}


class Feedback:
    def __init__(self, db: ServiceClient, forges: dict[str, Forge], public_url: str, board: Board):
        self._db, self._forges, self._board = db, forges, board
        self._public_url = public_url.rstrip("/")
        self._deployments = Deployments(db)

    def start(self) -> None:
        self._board.start()
        threading.Thread(target=self.catch_up, name="feedback-catch-up", daemon=True).start()

    def stop(self) -> None:
        self._board.stop()

    def catch_up(self) -> None:
        """The last ends and their stages, which an orchestrator may not have told before it died; twice is as good."""
        since = (datetime.now(timezone.utc) - CATCH_UP).isoformat()
        try:
            rows = self._db.get("/v1/runs", params={"active": "false", "sort": "-ended", "per_page": 50})["items"]
            for row in reversed(rows):
                if row["ended"] and row["ended"] > since:
                    self._tell_again(row)
        except ContinuumError as down:
            log.warning("not all ends of runs before this start are told again: %s", down)

    def _tell_again(self, row: dict) -> None:
        """A run that was over when its row was read. What a newer run of the commit says stays, save the deployment."""
        run = self._db.get(f"/v1/runs/{row['id']}")
        if run["state"] in words.UNFINISHED:
            return
        state, reason = self._deployments.end_of(run)
        same = {"repo": run["repo"], "commit": run["commit"], "per_page": 1}        # the newest comes first
        if any(newest["id"] > run["id"] for newest in self._db.get("/v1/runs", params=same)["items"]):
            self._deployment(run, state, reason)
            return
        for job in {job["stage"]: job for job in sorted(run["jobs"], key=lambda job: job["attempt"])}.values():
            over = job if job["state"] not in words.UNFINISHED else run      # left open by an orchestrator that broke
            self.stage(run, job["stage"], over["state"], over["reason"])
        self.ended(run, state, reason)

    def waiting(self, run: dict) -> None:
        """A run was made (or waits again); `run`: the row as dbproxy answers it."""
        self._status(run, "", "pending", run["reason"])

    def stage(self, run: dict, stage: str, state: str, reason: str) -> None:
        """A stage waits for a free slot (`pending`), began (`running`) or ended."""
        if state in UNTOLD:
            return
        self._status(run, stage, state, reason, LASTS if state in words.UNFINISHED else 0)
        if stage == "deploy" and state == "running":
            self._deployment(run, "in_progress", "the candidate is being started")

    def ended(self, run: dict, state: str, reason: str) -> None:
        """The run is over; what it found is stored by now."""
        row = {**run, "state": state, "reason": reason}
        self._status(row, "", state, reason)
        self._deployment(row, state, reason)
        if _decides(row):
            self._put("checks", ("check",), row, True, lambda forge, repo: self._check(forge, repo, row))
        if row["event"] == PREVIEW_EVENT:
            self._put("comment", ("comment", row["ref"]), row, True, lambda forge, repo: self._comment(forge, repo, row))

    def serves_no_more(self, run: int, state: str, reason: str) -> None:
        """What a run put live is not live any more though nothing replaced it; raises what dbproxy raises.

        `state`: how its deployment is now. One that `failed` takes the run's success back, one that was `stopped` not.
        """
        row = self._db.get(f"/v1/runs/{run}")
        if state == "failed":
            self._status(row, "", "failure", reason)
        self._deployment(row, "failure" if state == "failed" else "canceled", reason)

    def _status(self, run: dict, stage: str, state: str, reason: str, delay: float = 0) -> None:
        if not (stage or _decides(run)):
            return
        status = words.status(run, state, reason, self._url(run), stage)
        self._put("statuses", ("status", run["commit"], status.context), run, state not in words.UNFINISHED,
                  lambda forge, repo: forge.set_status(repo["owner"], repo["name"], status), delay)

    def _deployment(self, run: dict, state: str, reason: str) -> None:
        self._put("deployments", ("deployment", run["id"]), run, state != "in_progress",
                  lambda forge, repo: self._deployments.tell(forge, repo, run, state, words.one_line(reason),
                                                             self._url(run)))

    def _comment(self, forge: Forge, repo: dict, run: dict) -> None:
        number = int(run["ref"].split("/")[2])
        path = f"/v1/repos/{repo['id']}/pulls/{number}"
        pull = self._db.get(path)
        if pull["head_commit"] != run["commit"]:
            return                       # its word would be about a commit that nobody looks at any more
        body = words.comment(number, run, self._url(run), *self._results(run))
        known = forge.upsert_comment(repo["owner"], repo["name"], number, body, pull["comment"])
        if known != pull["comment"]:
            self._db.patch(path, {"comment": known})

    def _check(self, forge: Forge, repo: dict, run: dict) -> None:
        config = self._db.get(f"/v1/runs/{run['id']}").get("config")      # known since the build
        place = Whereabouts(partial(_text, forge, repo, run["commit"]), config).of
        forge.set_check(repo["owner"], repo["name"], words.check(run, self._url(run), *self._results(run), place))

    def _results(self, run: dict) -> tuple[dict | None, dict | None]:
        """(findings, tests) of the run; None for what it did not come to."""
        return (self._of(f"/v1/runs/{run['id']}/findings", {"new": "true", "per_page": 100}),
                self._of(f"/v1/runs/{run['id']}/tests", {}))

    def _of(self, path: str, params: dict) -> dict | None:
        try:
            return self._db.get(path, params=params)
        except NotFound:
            return None

    def _put(self, kind: str, place: tuple, run: dict, final: bool, tell: Callable[[Forge, dict], None],
             delay: float = 0) -> None:
        forge = self._forges.get(run["forge"])
        if forge is None or not forge.supports(KINDS[kind]):
            return

        def send() -> None:
            if not final and self._outlived(run):
                return
            repo = self._db.get(f"/v1/repos/{run['repo']}")      # its names and settings as they are by then
            if (repo.get("settings") or {}).get("feedback", {}).get(kind, True):
                try:
                    tell(forge, repo)
                except Unsupported:          # here, though the forge has it elsewhere: check runs need the App
                    return
        self._board.put((run["repo"], *place), Order(run["id"], run.get("retries", 0), final), send, delay)

    def _outlived(self, run: dict) -> bool:
        """Is the run over, or retried, since? Another orchestrator may have told that while a try of ours waited."""
        now = self._db.get(f"/v1/runs/{run['id']}")
        return now["state"] not in words.UNFINISHED or now["retries"] > run.get("retries", 0)

    def _url(self, run: dict) -> str:
        return f"{self._public_url}/runs/{run['id']}"


def _decides(run: dict) -> bool:
    """Whether the commit as a whole is good: a branch may be protected by that word, and a build alone must not say it."""
    return run["kind"] == "full"


def _text(forge: Forge, repo: dict, commit: str, path: str) -> str | None:
    try:
        return forge.file(repo["owner"], repo["name"], commit, path).decode(errors="replace")
    except (BadRequest, NotFound, TooLarge):
        return None
