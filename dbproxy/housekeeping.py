"""What is done now and then: packing logs, partitions, and the end of what has had its time."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from common.service.loop import Loop
from common.wire.errors import Unavailable

from . import events, leases
from .accounts import attempts, invitations, refusals, sessions
from .database import Database
from .deliveries import store as deliveries
from .logs.packing import pack_ready
from .logs.partitions import drop_old, make_partitions
from .reports import store as reports

log = logging.getLogger(__name__)

PACK_EVERY = 20          # seconds
TIDY_EVERY = 3600


class Housekeeping:
    """What fails is logged and tried at the next turn."""

    def __init__(self, database: Database, retention_days: int):
        self._database = database
        self._retention_days = retention_days
        self._tidy_at = 0.0      # time.monotonic()
        self.loop = Loop("housekeeping", self._turn, pause=PACK_EVERY, first=PACK_EVERY, meanwhile="logs are packed later")

    def tidy(self) -> None:
        run = self._database.run
        for work in (lambda: run(make_partitions), lambda: run(drop_old, self._retention_days),
                     lambda: run(events.prune), lambda: run(sessions.prune), lambda: run(attempts.prune),
                     lambda: run(refusals.prune), lambda: run(invitations.prune), lambda: run(deliveries.prune), lambda: run(reports.prune),
                     lambda: run(leases.prune)):
            self._try(work)

    def _turn(self) -> None:
        if time.monotonic() >= self._tidy_at:
            self._tidy_at = time.monotonic() + TIDY_EVERY
            self.tidy()
        pack_ready(self._database)

    def _try(self, work: Callable[[], object]) -> None:
        try:
            work()
        except Unavailable as problem:
            log.info("housekeeping waits: %s", problem.detail)
        except Exception:      # one chore that breaks must not end the others
            log.exception("housekeeping failed")
