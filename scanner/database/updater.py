"""Gets the first database, then keeps it new in the background. Scans wait for the first one alone: a new database comes by
one rename."""

from __future__ import annotations

import logging
from pathlib import Path

from common.service.loop import Loop

from .errors import DatabaseError
from .store import Store

LOG = logging.getLogger(__name__)
INTERVAL = 2 * 3600.0      # seconds; the public source builds a database a day


class Updater:
    """Asks the source at its start and then every `interval` seconds. Where that gives no database and there is none, it
    imports `standin`, an archive that is there for machines that reach no source. A download under way ends with the
    process and leaves the current database as it is."""

    def __init__(self, store: Store, standin: Path, interval: float = INTERVAL):
        self.store, self.standin = store, standin
        self.loop = Loop("database-updater", self._update, pause=interval, meanwhile="the vulnerability database stays as it is")

    def start(self, *, fetch: bool) -> None:
        """`fetch`: may the source be asked? Without it, the stand-in is in place when this returns."""
        if fetch:
            self.store.settled.clear()
            self.loop.start()
        else:
            self._settle()

    def _update(self) -> None:
        try:
            LOG.info("vulnerability database: %s", self.store.update().reason)
        finally:
            self._settle()

    def _settle(self) -> None:
        """Let scans begin, also where there is no database now: they end as error then, with the reason."""
        try:
            if self.store.install_standin(self.standin):
                LOG.warning("vulnerability database: %s", self.store.status()["notice"])
        except (DatabaseError, OSError):
            LOG.exception("the archive for machines that reach no source of databases could not be imported")
        finally:
            self.store.settled.set()
