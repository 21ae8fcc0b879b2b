"""Keeps the database new in the background. Scans never wait for it: a new database comes by one rename."""

from __future__ import annotations

import logging
import threading

from .store import Store

LOG = logging.getLogger(__name__)
INTERVAL = 2 * 3600.0      # seconds; the public source builds a database a day


class Updater:
    """A thread that tries at its start and then every `interval` seconds, until it is stopped."""

    def __init__(self, store: Store, interval: float = INTERVAL):
        self.store, self.interval = store, interval
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="database-updater", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask for the end; a download under way ends with the process and leaves the current database as it is."""
        self._stop.set()

    def _loop(self) -> None:
        while not self._stop.is_set():
            self._try()
            self._stop.wait(self.interval)

    def _try(self) -> None:
        try:
            LOG.info("vulnerability database: %s", self.store.update().reason)
        except Exception:      # a full disk today must not end the tries of tomorrow
            LOG.exception("vulnerability database: the update broke")
