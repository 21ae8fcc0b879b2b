"""Deployments and environments in a forge's own words."""

from __future__ import annotations

from collections import OrderedDict

from common.client import ServiceClient
from forges import Forge

from ..pipeline import PREVIEW_EVENT

REMEMBERED = 2000
FALLEN = {"kept": "inactive", "stopped": "inactive", "removed": "inactive", "failed": "failure"}


class Deployments:
    """Which deployment of ours is which at the forge. One place of the board is told by one thread at a time."""

    def __init__(self, db: ServiceClient):
        self._db = db
        self._known: OrderedDict[int, str] = OrderedDict()      # our run -> the forge's id
        self._tried: set[int] = set()                           # runs whose deployment was begun, or may have been

    def tell(self, forge: Forge, repo: dict, run: dict, state: str, reason: str, url: str) -> None:
        """`state`: in_progress, or how the run ended. A run that put nothing anywhere is not told of."""
        row = self._row(run)
        if state != "in_progress" and row is None:
            return
        known = self._known.get(run["id"]) or self._start(forge, repo, run, url, state)
        told = self._state(run, state, row)
        if told != "in_progress" or run.get("retries"):      # that it goes on is told by its being there
            forge.set_deployment(repo["owner"], repo["name"], known, told, reason, url, (row or {}).get("url") or "")

    def _start(self, forge: Forge, repo: dict, run: dict, url: str, state: str) -> str:
        """Begun by a conductor before us, or by a try whose answer was lost, it is there already: then it is asked for."""
        environment = "preview" if run["event"] == PREVIEW_EVENT else "production"
        again = run.get("fence", 0) > 1 or state != "in_progress" or run["id"] in self._tried
        self._tried = (self._tried | {run["id"]}) if len(self._tried) < REMEMBERED else {run["id"]}
        known = forge.start_deployment(repo["owner"], repo["name"], run["commit"], environment,
                                       f"run {run['id']} of Continuum", mark=url, again=again)
        self._known[run["id"]] = known
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return known

    def end_of(self, run: dict) -> tuple[str, str]:
        """(state, reason) of a run that is over; one whose deployment died after its success failed after all."""
        row = self._row(run)
        return ("failure", row["reason"]) if row and row["state"] == "failed" and run["state"] == "success" \
            else (run["state"], run["reason"])

    def _state(self, run: dict, state: str, row: dict | None) -> str:
        if state == "success":               # told late, it may serve no more: the forge would take its successor off
            fallen = FALLEN.get(row["state"]) if row else None
            return fallen or ("inactive" if run["event"] == PREVIEW_EVENT else "success")
        return {"in_progress": "in_progress", "failure": "failure", "canceled": "inactive"}.get(state, "error")

    def _row(self, run: dict) -> dict | None:
        rows = self._db.get("/v1/deployments", params={"run": run["id"]})["items"]
        return rows[0] if rows else None
