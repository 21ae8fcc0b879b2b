"""The schema: yoyo's migrations, forward only, one process at a time."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

from .pool import connect

MIGRATIONS = Path(__file__).with_name("migrations")
LOCK = 0x6D696772      # advisory lock of those who migrate


class UnusableDatabase(Exception):
    """This version cannot work with the database; `str()` says why and what to do."""


def migrate(url: str) -> None:
    """Bring the schema up to date. Raises UnusableDatabase, and psycopg2.OperationalError while Postgres is away.

    yoyo's own lock is a row, which a killed process leaves behind; the advisory lock around it dies with its
    connection, so whoever holds it may break a row that was left.
    """
    from yoyo import get_backend, read_migrations

    with closing(connect(url, "dbproxy-migrations")) as guard, guard.cursor() as cursor:
        guard.autocommit = True
        cursor.execute("SET lock_timeout = 0; SET statement_timeout = 0; SET idle_session_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        _check_encoding(cursor)
        migrations = read_migrations(str(MIGRATIONS))
        _check_age(cursor, {migration.id for migration in migrations})
        backend = get_backend(url)
        with closing(backend.connection):
            backend.break_lock()
            with backend.lock():
                for migration in backend.to_apply(migrations):
                    _apply(backend, migration)


def _apply(backend, migration) -> None:
    """Apply one migration and record it in the same transaction; yoyo itself takes two, and a kill may fall between."""
    backend.ensure_internal_schema_updated()
    migration.load()
    if not migration.use_transactions:
        raise UnusableDatabase(f"the migration {migration.id} wants no transaction, and could be applied twice")
    with backend.transaction():
        migration.process_steps(backend, "apply")
        backend.mark_one(migration)


def _check_age(cursor, known: set[str]) -> None:
    """Refuse a database that a newer version has changed: this version does not know its tables."""
    cursor.execute("SELECT to_regclass('_yoyo_migration')")
    if cursor.fetchone() == (None,):
        return
    cursor.execute("SELECT migration_id FROM _yoyo_migration ORDER BY 1")
    newer = [name for (name,) in cursor.fetchall() if name not in known]
    if newer:
        raise UnusableDatabase(f"a newer version of Continuum changed the database ({', '.join(newer)}): "
                               "start that version again, or restore a backup from before its first start")


def _check_encoding(cursor) -> None:
    cursor.execute("SHOW server_encoding")
    (encoding,) = cursor.fetchone()
    if encoding != "UTF8":
        raise UnusableDatabase(f"the database is encoded as {encoding}; log lines need UTF8 (initdb -E UTF8)")


if __name__ == "__main__":      # a process of its own, since yoyo's memory would stay with the service
    try:
        migrate(sys.stdin.readline().strip())
    except UnusableDatabase as reason:
        sys.exit(str(reason))
