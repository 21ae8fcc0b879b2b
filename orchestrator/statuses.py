"""Commit statuses on the forge, from a thread of their own: a forge that is slow or away holds no run up."""

from __future__ import annotations

import logging
import queue
import threading

from common.errors import ContinuumError
from forges import Forge, Status

log = logging.getLogger(__name__)

WAITING = 1000        # statuses; past that the oldest are given up, for the run's page has them all
STATES = {"pending": "pending", "running": "pending", "success": "success", "failure": "failure"}
LONGEST = 140         # characters of a description, as the narrowest forge has it


class Statuses:
    """`put` returns at once; for a forge without statuses it does nothing."""

    def __init__(self, forges: dict[str, Forge], public_url: str):
        self._forges, self._public_url = forges, public_url.rstrip("/")
        self._waiting: queue.Queue[tuple[Forge, str, str, Status] | None] = queue.Queue(WAITING)

    def start(self) -> None:
        threading.Thread(target=self._send_forever, name="statuses", daemon=True).start()

    def stop(self) -> None:
        self._offer(None)

    def put(self, repo: dict, run: dict, stage: str, state: str, reason: str) -> None:
        forge = self._forges.get(repo["forge"])
        if forge and forge.supports("status"):
            status = Status(run["commit"], STATES.get(state, "error"), f"continuum/{stage}", reason[:LONGEST],
                            f"{self._public_url}/runs/{run['id']}")
            self._offer((forge, repo["owner"], repo["name"], status))

    def send_one(self) -> bool:
        """Send the status that waits longest; False once there will be no more."""
        item = self._waiting.get()
        if item is None:
            return False
        forge, owner, name, status = item
        try:
            forge.set_status(owner, name, status)
        except ContinuumError as problem:
            log.warning("status %s of %s/%s was not set: %s", status.context, owner, name, problem)
        return True

    def _send_forever(self) -> None:
        while self.send_one():
            pass

    def _offer(self, item: tuple[Forge, str, str, Status] | None) -> None:
        while True:
            try:
                return self._waiting.put_nowait(item)
            except queue.Full:
                self._drop_oldest()

    def _drop_oldest(self) -> None:
        try:
            log.warning("too many statuses wait, one is given up: %s", self._waiting.get_nowait())
        except queue.Empty:
            log.debug("the queue of statuses emptied itself meanwhile")
