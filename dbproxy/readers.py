"""Ends what people's SQL clients leave running: Postgres' own timeouts can be lifted by whoever they are for.

A transaction of `reader` that is open longer than it may be keeps tables from being changed, a statement keeps a
processor busy. The watch begins before the migrations, which wait for such a transaction.
"""

from __future__ import annotations

import logging

import psycopg2

from common.service.loop import Loop
from common.wire.errors import Unavailable

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
    """One connection, which is made again after a loss."""

    def __init__(self, url: str, seconds: int):
        self._url, self._seconds = url, seconds
        self._connection = None
        self.loop = Loop("reader-watch", self._look, pause=LOOK_EVERY, first=LOOK_EVERY,
                         meanwhile="SQL clients of reader are not ended in time")

    def _look(self) -> None:
        try:
            if self._connection is None:
                self._connection = connect(self._url, "dbproxy-readers")
                self._connection.autocommit = True
            with self._connection.cursor() as cursor:
                end_overdue(cursor, self._seconds + GRACE)
        except psycopg2.Error as problem:
            self._hang_up()
            raise Unavailable(first_line(problem)) from problem

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def end_overdue(cursor, seconds: float) -> int:
    """End the connections of `reader` that are in a statement or a transaction for longer; returns how many."""
    cursor.execute(OVERDUE, (seconds,))
    ended = cursor.fetchall()
    if ended:
        log.info("ended %d connections of reader after more than %.0f s", len(ended), seconds)
    return len(ended)
