"""Migrations: forward, under a lock that dies with its owner, the same again changes nothing."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading

import psycopg2
import pytest

from cli.waiting import wait_for
from common.wire import stages
from dbproxy import schema
from tests.contract.dbproxy import inside


@pytest.fixture
def empty(database_url):
    """Address of an empty database, gone afterwards."""
    with inside.fresh("dbproxy_migrations"):
        yield inside.at(database_url, "dbproxy_migrations")


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


def test_a_database_that_is_not_utf8_is_refused(database_url):
    with inside.fresh("dbproxy_latin", "ENCODING 'SQL_ASCII' TEMPLATE template0 LOCALE 'C'"):
        with pytest.raises(schema.UnusableDatabase, match="UTF8"):
            schema.migrate(inside.at(database_url, "dbproxy_latin"))


def test_the_states_of_the_table_are_those_that_postgres_takes(empty):
    """Unlike a new kind, a new state needs a migration: indexes know which states are not over."""
    schema.migrate(empty)
    for table in ("runs", "jobs"):
        [(check,)] = query(empty, f"SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = '{table}_state_check'")
        assert set(re.findall(r"'(\w+)'", check)) == set(stages.STATES)
    predicates = query(empty, "SELECT pg_get_expr(indpred, indrelid) FROM pg_index WHERE indrelid = 'runs'::regclass "
                              "AND pg_get_expr(indpred, indrelid) ~ 'running'")
    assert predicates and {frozenset(re.findall(r"'(\w+)'", text)) for (text,) in predicates} == {frozenset(stages.UNFINISHED)}


def test_postgres_takes_a_new_kind_and_stage_and_refuses_what_is_no_name(empty):
    schema.migrate(empty)
    [(repo,)] = query(empty, "INSERT INTO repos (forge, owner, name, app, default_branch, private) "
                             "VALUES ('local', 'ann', 'shop', 'shop', 'main', true) RETURNING id")
    run = ("INSERT INTO runs (repo, kind, ref, commit, event, actor, reason) "
           f"VALUES ({repo}, '%s', 'main', 'c', 'manual', 'ann', '') RETURNING id")
    [(number,)] = query(empty, run % "sign")
    query(empty, f"INSERT INTO jobs (run, stage, attempt, state) VALUES ({number}, 'sign', 1, 'pending')")
    with pytest.raises(psycopg2.errors.CheckViolation):
        query(empty, run % "No kind")


def migrate_to(url, last, folder, monkeypatch):
    """The migrations up to the number `last`, as a version had them that knew no later ones."""
    for path in sorted(schema.MIGRATIONS.glob("*.sql")):
        if path.name <= f"{last:04}~":
            shutil.copy(path, folder)
    with monkeypatch.context() as older:
        older.setattr(schema, "MIGRATIONS", folder)
        schema.migrate(url)


@pytest.fixture
def at_an_older_version(empty, tmp_path, monkeypatch):
    """The database as a version with two migrations left it."""
    migrate_to(empty, 2, tmp_path, monkeypatch)
    return empty


def test_what_was_kept_among_the_settings_becomes_the_state(empty, tmp_path, monkeypatch):
    migrate_to(empty, 18, tmp_path, monkeypatch)
    insert = ("INSERT INTO repos (forge, owner, name, app, default_branch, private, settings) "
              "VALUES ('local', 'a', '%s', '%s', 'main', false, '%s')")
    learned = '{"gone": "404", "archived": true, "forge_account": 3, "unreached": "403", "webhook": {"id": 9, "generation": 5}}'
    chosen = '{"lfs": true, "feedback": {"checks": false}}'
    for name, settings in (("both", f"{chosen[:-1]}, {learned[1:]}"), ("chosen", chosen), ("none", "{}")):
        query(empty, insert % (name, name, settings))
    schema.migrate(empty)
    assert query(empty, "SELECT name, settings, state FROM repos ORDER BY name") == [
        ("both", json.loads(chosen), json.loads(learned)), ("chosen", json.loads(chosen), {}), ("none", {}, {})]


def test_a_migration_that_is_killed_before_it_is_recorded_is_applied_again(at_an_older_version, admin):
    """Its tables and its record are one transaction: a lock on the records holds it where the kill did harm."""
    url = at_an_older_version
    holder = psycopg2.connect(url)
    with holder.cursor() as cursor:
        cursor.execute("LOCK TABLE _yoyo_migration IN SHARE MODE")
    victim = subprocess.Popen([sys.executable, "-m", "dbproxy.schema"], stdin=subprocess.PIPE, text=True,
                              env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))})
    victim.stdin.write(url + "\n")
    victim.stdin.close()
    try:
        wait_for(lambda: _waiting_for_a_lock(admin), "the migration to be about to record itself", 60)
    finally:
        victim.kill()
        victim.wait()
        holder.close()
    schema.migrate(url)
    files = sorted(path.stem for path in schema.MIGRATIONS.glob("*.sql"))
    assert [row[0] for row in query(url, "SELECT migration_id FROM _yoyo_migration ORDER BY 1")] == files


def _waiting_for_a_lock(admin) -> bool:
    with admin.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = 'dbproxy_migrations' "
                       "AND wait_event_type = 'Lock'")
        return cursor.fetchone()[0] > 0


def test_a_database_of_a_newer_version_is_refused_and_left_as_it_is(at_an_older_version):
    query(at_an_older_version, "INSERT INTO _yoyo_migration (migration_hash, migration_id, applied_at_utc) "
                               "VALUES ('x', '9999-later', now())")
    with pytest.raises(schema.UnusableDatabase, match="newer version.*9999-later.*restore a backup"):
        schema.migrate(at_an_older_version)
    assert query(at_an_older_version, "SELECT count(*) FROM _yoyo_migration") == [(3,)]
