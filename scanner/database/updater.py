"""Keeps the database new in the background. Scans never wait for it: a new database comes by one rename."""

from __future__ import annotations

import logging

from common.service.loop import Loop

from .store import Store

LOG = logging.getLogger(__name__)
INTERVAL = 2 * 3600.0      # seconds; the public source builds a database a day


class Updater:
    """Tries at its start and then every `interval` seconds. A download under way ends with the process and leaves the
    current database as it is."""

    def __init__(self, store: Store, interval: float = INTERVAL):
        self.store = store
        self.loop = Loop("database-updater", self._update, pause=interval, meanwhile="the vulnerability database stays as it is")

    def _update(self) -> None:
        LOG.info("vulnerability database: %s", self.store.update().reason)
