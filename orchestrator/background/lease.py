"""What one of several orchestrators does for all of them, by a lease that dbproxy keeps on the database's clock."""

from __future__ import annotations

import logging
import uuid
from urllib.parse import quote

from common.service.client import ServiceClient
from common.wire.errors import ContinuumError

log = logging.getLogger(__name__)


class Lease:
    """Of `name`, for `seconds` from each `claim`. Whoever dies with it is followed by another when they are over."""

    def __init__(self, db: ServiceClient, name: str, seconds: int):
        self._db, self._path, self._seconds = db, f"/v1/leases/{quote(name, safe='')}", seconds
        self._owner = f"orchestrator-{uuid.uuid4().hex[:12]}"

    def claim(self) -> bool:
        """Is it ours for the next `seconds`? Raises ServiceDown."""
        return self._db.put(self._path, {"owner": self._owner, "seconds": self._seconds})["held"]

    def release(self) -> None:
        try:
            self._db.delete(self._path, json={"owner": self._owner})
        except ContinuumError as down:           # it ends by itself
            log.info("%s was not given back: %s", self._path, down)
