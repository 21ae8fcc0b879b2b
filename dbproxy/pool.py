"""A bounded set of connections to Postgres. Connections that broke are thrown away, never handed out again."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from common.wire.errors import Unavailable

SECONDS_TO_A_FREE_ONE = 5
OPTIONS = ("-c timezone=UTC -c statement_timeout=30s -c lock_timeout=10s "
           "-c idle_in_transaction_session_timeout=60s")


def connect(url: str, name: str = "dbproxy", **more):
    """A connection that notices within about 10 s that its server went away without a word."""
    return psycopg2.connect(url, connect_timeout=3, keepalives_idle=5, keepalives_interval=2, keepalives_count=3,
                            tcp_user_timeout=10_000, application_name=name, client_encoding="UTF8",
                            options=OPTIONS, **more)


class Pool:
    """At most `size` connections, made when first needed; psycopg2's own pool raises where this one waits."""

    def __init__(self, make: Callable[[], object], size: int):
        self._make = make
        self._slots = threading.BoundedSemaphore(size)
        self._free: deque = deque()

    @contextmanager
    def connection(self) -> Iterator:
        """Raises Unavailable where none gets free within 5 s, psycopg2.OperationalError where none can be made."""
        if not self._slots.acquire(timeout=SECONDS_TO_A_FREE_ONE):
            raise Unavailable("all connections to the database are busy; try again")
        try:
            connection = self._take()
            try:
                yield connection
            finally:
                self._give_back(connection)
        finally:
            self._slots.release()

    def forget(self) -> None:
        """Close the connections that nobody uses: after one was lost the others are probably dead too."""
        while self._free:
            try:
                self._free.pop().close()
            except IndexError:      # another thread took the last one
                return

    def _take(self):
        try:
            return self._free.pop()
        except IndexError:
            return self._make()

    def _give_back(self, connection) -> None:
        if connection.closed == 0 and connection.info.transaction_status == TRANSACTION_STATUS_IDLE:
            self._free.append(connection)
        else:
            connection.close()
