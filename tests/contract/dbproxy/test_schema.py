"""Migrations: forward, under a lock that dies with its owner, the same again changes nothing."""

import threading
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest

from dbproxy import schema


@pytest.fixture
def empty(database_url, admin):
    """Address of an empty database, gone afterwards."""
    url = urlunsplit(urlsplit(database_url)._replace(path="/dbproxy_migrations"))
    with admin.cursor() as cursor:
        cursor.execute("DROP DATABASE IF EXISTS dbproxy_migrations")
        cursor.execute("CREATE DATABASE dbproxy_migrations")
        yield url
        cursor.execute("DROP DATABASE dbproxy_migrations WITH (FORCE)")


def query(url, statement):
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def test_services_that_start_at_once_migrate_once(empty):
    problems = []

    def migrate():
        try:
            schema.migrate(empty)
        except Exception as problem:
            problems.append(problem)
    threads = [threading.Thread(target=migrate) for _ in range(3)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert problems == []
    files = sorted(path.stem for path in schema.MIGRATIONS.glob("*.sql"))
    assert [row[0] for row in query(empty, "SELECT migration_id FROM _yoyo_migration ORDER BY 1")] == files


def test_a_lock_that_a_killed_migration_left_is_no_obstacle(empty):
    schema.migrate(empty)
    query(empty, "INSERT INTO yoyo_lock (locked, ctime, pid) VALUES (1, now(), 1)")
    schema.migrate(empty)
    assert query(empty, "SELECT count(*) FROM yoyo_lock") == [(0,)]


def test_log_columns_are_compressed_with_lz4(empty):
    schema.migrate(empty)
    assert query(empty, "SELECT attcompression FROM pg_attribute WHERE attrelid = 'log_messages'::regclass "
                        "AND attname = 'lines'") == [("l",)]


def test_a_database_that_is_not_utf8_is_refused(database_url, admin):
    with admin.cursor() as cursor:
        cursor.execute("DROP DATABASE IF EXISTS dbproxy_latin")
        cursor.execute("CREATE DATABASE dbproxy_latin ENCODING 'SQL_ASCII' TEMPLATE template0 LOCALE 'C'")
        try:
            with pytest.raises(RuntimeError, match="UTF8"):
                schema.migrate(urlunsplit(urlsplit(database_url)._replace(path="/dbproxy_latin")))
        finally:
            cursor.execute("DROP DATABASE dbproxy_latin WITH (FORCE)")
