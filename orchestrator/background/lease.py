"""What one of several orchestrators does for all of them, by a lease that dbproxy keeps on the database's clock."""

from __future__ import annotations

import logging
import uuid

from common.api.client import Dbproxy
from common.wire.errors import ContinuumError

log = logging.getLogger(__name__)


class Lease:
    """Of `name`, for `seconds` from each `claim`. Whoever dies with it is followed by another when they are over."""

    def __init__(self, db: Dbproxy, name: str, seconds: int):
        self._leases, self._name, self._seconds = db.leases, name, seconds
        self._owner = f"orchestrator-{uuid.uuid4().hex[:12]}"

    def claim(self) -> bool:
        """Is it ours for the next `seconds`? Raises ServiceDown."""
        return self._leases.claim(self._name, self._owner, self._seconds)

    def release(self) -> None:
        try:
            self._leases.release(self._name, self._owner)
        except ContinuumError as down:           # it ends by itself
            log.info("the lease %s was not given back: %s", self._name, down)
