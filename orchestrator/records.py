"""What a conductor writes about its run. Every write carries the fence; the first refused one ends our hold.

Rule for all callers: write first, then act. A conductor that lost its run finds out at the write, and then neither
starts nor cancels nor removes anything.
"""

from __future__ import annotations

from common.client import ServiceClient
from common.errors import Conflict

from .hold import Hold, LostRun

PATIENCE = 120       # seconds that a write is tried again; a run whose writes never succeed is claimed by another


class Records:
    """The rows of one run in dbproxy. All methods raise LostRun, and ServiceDown after `PATIENCE` seconds."""

    def __init__(self, db: ServiceClient, hold: Hold):
        self._db, self._hold = db, hold

    def job(self, stage: str, attempt: int, **fields) -> None:
        """`fields` as in the contract of PUT /v1/runs/{run}/jobs: state and reason, and what changed."""
        self._fenced("PUT", f"/v1/runs/{self._hold.run}/jobs/{stage}.{attempt}", fields)

    def run(self, **fields) -> None:
        self._fenced("PATCH", f"/v1/runs/{self._hold.run}", fields)

    def new_deployment(self, **fields) -> dict:
        """The run's deployment; the same one when asked again."""
        return self._fenced("POST", "/v1/deployments", {**fields, "run": self._hold.run})

    def deployment(self, number: int, **fields) -> None:
        self._hold.check()
        self._db.patch(f"/v1/deployments/{number}", fields, patience=PATIENCE)

    def _fenced(self, method: str, path: str, fields: dict):
        self._hold.check()
        try:
            return self._db.call(method, path, json={"fence": self._hold.fence, **fields}, patience=PATIENCE)
        except Conflict as conflict:
            if conflict.error != "old_fence":
                raise
            self._hold.lose()
            raise LostRun(str(conflict)) from conflict
