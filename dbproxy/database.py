"""Transactions on Postgres: bounded retries when it is away, and events written with the change they tell of."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

import psycopg2
from flask import current_app
from psycopg2.errors import QueryCanceled
from psycopg2.extensions import register_adapter
from psycopg2.extras import Json, RealDictCursor
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

from common.wire.errors import BadRequest, Unavailable

from .pool import Pool, connect

log = logging.getLogger(__name__)

PATIENCE = 2.5                 # seconds of retries within a call; the caller's own retries go on longer
CONNECTIONS = 12
EVENTS_LOCK = 0x636F6E74       # advisory lock of those who write events
EVENTS_CHANNEL = "continuum_events"
CLAIMS_CHANNEL = "continuum_claims"
DELIVERIES_CHANNEL = "continuum_deliveries"
REPORTS_CHANNEL = "continuum_reports"

register_adapter(dict, Json)
Answer = TypeVar("Answer")


class Transaction:
    """What a unit of work writes with. It may be run again from its start, so it must do nothing but SQL."""

    def __init__(self, connection):
        self._cursor = connection.cursor(cursor_factory=RealDictCursor)
        self._events: list[tuple] = []
        self._channels: list[str] = []

    def all(self, sql: str, parameters=None) -> list[dict]:
        self._cursor.execute(sql, parameters)
        return [dict(row) for row in self._cursor.fetchall()]

    def one(self, sql: str, parameters=None) -> dict | None:
        """The first row."""
        self._cursor.execute(sql, parameters)
        row = self._cursor.fetchone()
        return None if row is None else dict(row)

    def value(self, sql: str, parameters=None):
        """The first column of the first row; None without a row."""
        row = self.one(sql, parameters)
        return None if row is None else next(iter(row.values()))

    def do(self, sql: str, parameters=None) -> int:
        """Number of rows that were changed."""
        self._cursor.execute(sql, parameters)
        return self._cursor.rowcount

    @property
    def cursor(self):
        return self._cursor

    def emit(self, kind: str, *, repo: int | None = None, run: int | None = None, job: str | None = None,
             deployment: int | None = None) -> None:
        """Tell who waits for events, if and when this transaction commits."""
        event = (kind, repo, run, job, deployment)
        if event not in self._events:
            self._events.append(event)

    def wake_claims(self) -> None:
        """Tell who waits for a run that one may be free now."""
        self.wake(CLAIMS_CHANNEL)

    def wake(self, channel: str) -> None:
        """Ring the channel's bell, if and when this transaction commits."""
        self._channels.append(channel)

    def write_events(self) -> None:
        """The last statements before the commit: whoever holds the lock waits for nothing else any more."""
        if self._events:
            self._cursor.execute("SELECT pg_advisory_xact_lock(%s)", (EVENTS_LOCK,))
            for event in self._events:
                self._cursor.execute("INSERT INTO events (kind, repo, run, job, deployment) "
                                     "VALUES (%s, %s, %s, %s, %s)", event)
            self._channels.append(EVENTS_CHANNEL)
        for channel in dict.fromkeys(self._channels):
            self._cursor.execute("SELECT pg_notify(%s, '')", (channel,))


class Database:
    """Postgres as the endpoints see it. Not usable before `open()`: the schema may not be there yet."""

    def __init__(self, url: str, size: int = CONNECTIONS):
        self.url = url
        self._pool = Pool(lambda: connect(url), size)
        self._open = threading.Event()
        self._why_closed = "the database is being prepared"

    def open(self) -> None:
        self._open.set()

    def keep_closed(self, why: str) -> None:
        self._why_closed = why

    def run(self, work: Callable[..., Answer], *arguments) -> Answer:
        """`work(transaction, *arguments)`, committed before it returns.

        Tried again from its start while Postgres is away; raises Unavailable after 2.5 s of that, BadRequest for
        values that Postgres cannot hold.
        """
        if not self._open.is_set():
            raise Unavailable(f"{self._why_closed}; try again in a few seconds")
        retrying = Retrying(retry=retry_if_exception(is_passing), stop=stop_after_delay(PATIENCE),
                            wait=wait_random_exponential(multiplier=0.05, max=0.5), reraise=True)
        try:
            return retrying(self._once, work, arguments)
        except (psycopg2.OperationalError, psycopg2.InterfaceError) as problem:
            raise Unavailable(f"Postgres cannot answer ({first_line(problem)}); "
                              "try again") from problem
        except psycopg2.DataError as problem:
            raise BadRequest(first_line(problem)) from problem

    def prepare(self, work: Callable[..., Answer], *arguments) -> Answer:
        """As `run`, before `open()` and without retries: for the start itself."""
        return self._once(work, arguments)

    def check(self) -> tuple[bool, str]:
        """For `/readyz`."""
        try:
            self.run(lambda transaction: transaction.value("SELECT 1"))
        except Unavailable as problem:
            return False, problem.detail
        return True, "ok"

    def _once(self, work: Callable, arguments: tuple):
        with self._pool.connection() as connection:
            try:
                transaction = Transaction(connection)
                answer = work(transaction, *arguments)
                transaction.write_events()
                connection.commit()
                return answer
            except BaseException as problem:
                self._leave(connection, problem)
                raise

    def _leave(self, connection, problem: BaseException) -> None:
        if connection.closed == 0 and not isinstance(problem, psycopg2.InterfaceError):
            try:
                connection.rollback()
                return
            except psycopg2.Error as second:
                log.info("rollback failed too: %s", first_line(second))
        connection.close()
        self._pool.forget()


def is_passing(problem: BaseException) -> bool:
    """Is it worth another try: a lost connection, a deadlock, a server that starts or ends."""
    return (isinstance(problem, (psycopg2.OperationalError, psycopg2.InterfaceError))
            and not isinstance(problem, QueryCanceled))


def first_line(problem: BaseException) -> str:
    return (str(problem).strip().splitlines() or [type(problem).__name__])[0]


def database() -> Database:
    """The one of the current app."""
    return current_app.extensions["database"]


def transactional(view):
    """Decorator: the view's first argument is a transaction, committed before the answer leaves."""
    @wraps(view)
    def committed(**arguments):
        return database().run(lambda transaction: view(transaction, **arguments))
    return committed
