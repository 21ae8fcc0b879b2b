"""Keeps the table of deployments true to what deployer runs: who is live, who died, who went.

The conductor writes what its run does; this writes what happens without one: an app that dies within its watch window
is rolled back by deployer, a kept container is one too many, a live app stops and is started again. Where deployer has no
container to roll back to, this begins a rollback to the image.
Deployments whose run is not over are their conductor's and left alone.

The rows are read before deployer is asked, so that a row is never judged by an older answer. A switch in between shows
as a change of deployer's version, and this looks again.
"""

from __future__ import annotations

import logging

from pydantic import BaseModel

from common.api.client import Dbproxy
from common.api.deployments import Deployment
from common.service.client import ServiceClient
from common.service.loop import Loop
from common.wire.errors import Conflict, NotFound
from common.wire.stages import UNFINISHED

from .launch import Launcher

log = logging.getLogger(__name__)

LONG_POLL = 20       # seconds
PAUSE = 1            # seconds before an unreachable service is asked again
JUDGED = "live,kept,candidate"
ACTOR = "Continuum"

Change = dict[str, str | bool]         # as `Deployments.change` takes it


class Container(BaseModel):
    """What deployer tells of one container of an app."""

    deployment: int
    repo: int
    role: str                            # live, candidate, kept, failed
    live: bool
    made_as: int                         # the deployment that it was made for; a rollback gives it to another
    crashed: bool                        # soon after it went live
    note: str | None                     # what deployer did with it unasked
    health: str | None
    health_reason: str | None


class DeploymentWatcher:
    """Several orchestrators may do this at once: all write the same."""

    def __init__(self, db: Dbproxy, deployer: ServiceClient, launcher: Launcher):
        self._db, self._deployer, self._launcher = db, deployer, launcher
        self._seen = 0
        self.loop = Loop("watch", self._follow, pause=0, retry=PAUSE, meanwhile="deployments are watched late")

    def look(self) -> None:
        """Compare once; raises ServiceDown."""
        rows = {row.id: row for row in self._db.deployments.all(state=JUDGED, sort="id")}
        found = map(Container.model_validate, self._deployer.get("/v1/deployments")["deployments"])
        views = {view.deployment: view for view in found}
        for number in views.keys() - rows.keys():
            if views[number].live:
                rows.update(self._row(number))
        for number, change in corrections(rows, views):
            current = self._row(number).get(number)      # None: it was removed meanwhile
            if current and current.state == rows[number].state:      # a state that another wrote meanwhile is newer
                if change.get("crashed") and "state" not in change:
                    said = self._restored(rows[number].repo, number)
                    change = {**change, **{name: f"{change[name]}\n{said}" for name in ("reason", "health_reason")}}
                log.info("deployment %s: %s", number, change)
                self._db.deployments.change(number, **change)

    def _restored(self, repo: int, crashed: int) -> str:
        """Begin a rollback to the image of the version before the deployment that crashed; a sentence that says so."""
        try:
            run, _ = self._launcher.roll_back(repo, None, ACTOR, f"crashed:{crashed}")
        except Conflict as nothing:
            return f"It was not rolled back: {nothing.detail}."
        return f"The version before it is restored from its image by run {run.id}."

    def _row(self, number: int) -> dict[int, Deployment]:
        try:
            return {number: self._db.deployments.get(number)}
        except NotFound:
            log.warning("deployer runs deployment %s, which nobody here knows", number)
            return {}

    def _follow(self) -> None:
        """Wait for a change of deployer's, then look. Raises ServiceDown."""
        answer = self._deployer.get("/v1/deployments", params={"wait": LONG_POLL, "seen": self._seen},
                                    timeout=LONG_POLL + 10, patience=0)
        self._seen = answer["version"]
        self.look()


def corrections(rows: dict[int, Deployment], views: dict[int, Container]) -> list[tuple[int, Change]]:
    """What the table must learn; deaths before who is live now, so that each keeps its own reason. A kept container that
    a rollback is trying is still kept, whatever it answers as meanwhile."""
    live = {view.repo: number for number, view in views.items() if view.live}
    in_use = {view.made_as for number, view in views.items() if view.role == "candidate"} - views.keys()
    over = {number: row for number, row in rows.items() if row.run_state not in UNFINISHED}
    gone = [(number, change) for number, row in over.items() if number not in in_use
            and (change := _lost(row, views.get(number), live.get(row.repo)))]
    came = [(number, change) for number in live.values() if number in over
            and (change := _serves(over[number], views[number]))]
    return gone + came


def _lost(row: Deployment, view: Container | None, live: int | None) -> Change | None:
    """A row that says live, kept or candidate, and no longer is."""
    if view and view.role == "failed" and row.state in {"live", "kept"}:
        return {"state": "failed", "reason": view.note or "it crashed and was rolled back", "crashed": True}
    if row.state == "kept" and view is None:
        return {"state": "removed", "reason": "its container was one too many to keep, or serves as another deployment"}
    if row.state == "candidate" and not (view and view.live):
        return {"state": "removed", "reason": "its run ended without promoting it"}
    if row.state == "live" and live is None:
        return {"state": "stopped", "reason": "it was taken off" if view else "its container is gone"}
    return None


def _serves(row: Deployment, view: Container) -> Change | None:
    """The row of a deployment that has the traffic."""
    health = {"health": view.health, "health_reason": view.health_reason}
    if row.state != "live":
        return {"state": "live", "reason": view.note or "deployer gave it the traffic", **health}
    if view.crashed and row.run_state == "success":
        return {**health, "reason": view.note, "health_reason": view.note, "crashed": True}
    same = (row.health, row.health_reason) == (view.health, view.health_reason)
    return None if same else health
