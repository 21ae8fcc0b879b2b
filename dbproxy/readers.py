"""Ends what people's SQL clients leave running: Postgres' own timeouts can be lifted by whoever they are for.

A transaction of `reader` that is open longer than it may be keeps tables from being changed, a statement keeps a
processor busy. The watch begins before the migrations, which wait for such a transaction.
"""

from __future__ import annotations

import logging
import threading
from contextlib import closing

import psycopg2

from .database import first_line
from .pool import connect

log = logging.getLogger(__name__)

LOOK_EVERY = 2       # seconds
GRACE = 3            # seconds after which a client that kept its own timeout has had Postgres' error instead
# A procedure may commit within one statement, so the statement's own age counts as well.
OVERDUE = """
SELECT pid, pg_terminate_backend(pid) AS ended FROM pg_stat_activity
WHERE usename = 'reader' AND datname = current_database() AND state <> 'idle'
  AND least(xact_start, query_start) < clock_timestamp() - make_interval(secs => %s)
"""


class ReaderWatch:
    """One thread, one connection, which is made again after a loss."""

    def __init__(self, url: str, seconds: int):
        self._url, self._seconds = url, seconds
        self._stopping = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._run, name="reader-watch", daemon=True).start()

    def stop(self) -> None:
        self._stopping.set()

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_EVERY):
            try:
                self._follow()
            except psycopg2.Error as problem:
                log.warning("nobody watches over the SQL clients: %s", first_line(problem))

    def _follow(self) -> None:
        with closing(connect(self._url, "dbproxy-readers")) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            while True:
                end_overdue(cursor, self._seconds + GRACE)
                if self._stopping.wait(LOOK_EVERY):
                    return


def end_overdue(cursor, seconds: float) -> int:
    """End the connections of `reader` that are in a statement or a transaction for longer; returns how many."""
    cursor.execute(OVERDUE, (seconds,))
    ended = cursor.fetchall()
    if ended:
        log.info("ended %d connections of reader after more than %.0f s", len(ended), seconds)
    return len(ended)
