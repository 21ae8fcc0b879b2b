"""The schema: yoyo's migrations, forward only, one process at a time."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

from .pool import connect

MIGRATIONS = Path(__file__).with_name("migrations")
LOCK = 0x6D696772      # advisory lock of those who migrate


def migrate(url: str) -> None:
    """Bring the schema up to date. Raises psycopg2.OperationalError while Postgres is away.

    yoyo's own lock is a row, which a killed process leaves behind; the advisory lock around it dies with its
    connection, so whoever holds it may break a row that was left.
    """
    from yoyo import get_backend, read_migrations

    with closing(connect(url, "dbproxy-migrations")) as guard, guard.cursor() as cursor:
        guard.autocommit = True
        cursor.execute("SET lock_timeout = 0; SET statement_timeout = 0; SET idle_session_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        _check_encoding(cursor)
        backend = get_backend(url)
        with closing(backend.connection):
            backend.break_lock()
            with backend.lock():
                backend.apply_migrations(backend.to_apply(read_migrations(str(MIGRATIONS))))


def _check_encoding(cursor) -> None:
    cursor.execute("SHOW server_encoding")
    (encoding,) = cursor.fetchone()
    if encoding != "UTF8":
        raise RuntimeError(f"the database is encoded as {encoding}; log lines need UTF8 (initdb -E UTF8)")


if __name__ == "__main__":      # a process of its own, since yoyo's memory would stay with the service
    migrate(sys.stdin.readline().strip())
