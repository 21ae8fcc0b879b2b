"""What the roles of Postgres may do: setup.sql on a database of its own, and dbproxy's watch over people's statements."""

import threading
from contextlib import ExitStack, closing

import psycopg2
import pytest
from psycopg2 import errors

from dbproxy import schema
from tests.contract.dbproxy import inside

NAME = "dbproxy_roles"
WRITES_OR_LOCKS = (
    "SELECT pg_advisory_lock(1)", "SELECT pg_try_advisory_lock(1)", "SELECT pg_advisory_xact_lock(1, 2)",
    "SELECT pg_try_advisory_xact_lock_shared(1)", "SELECT pg_advisory_unlock_all()", "SELECT pg_notify('x', '')",
    "SELECT lo_create(0)", "SELECT lo_from_bytea(0, 'x')", "SELECT pg_logical_emit_message(false, 'x', 'x')",
    "CREATE TEMPORARY TABLE mine (x int)", "SELECT 1 AS x INTO TEMPORARY mine", "CREATE TABLE mine (x int)",
    "CREATE SCHEMA mine", "SET temp_file_limit = -1", "ALTER ROLE reader SET temp_file_limit = -1",
    "ALTER ROLE reader CONNECTION LIMIT -1", "SET ROLE dbproxy")
FOR_A_SUPERUSER = (
    "SELECT pg_read_file('/etc/passwd')", "COPY (SELECT 1) TO PROGRAM 'true'", "SELECT rolpassword FROM pg_authid",
    "CREATE ROLE other", "ALTER ROLE dbproxy SUPERUSER", "CREATE DATABASE other", "ALTER SYSTEM SET work_mem = '1GB'",
    "SET ROLE reader", "SET SESSION AUTHORIZATION continuum", "CREATE EXTENSION file_fdw",
    "CREATE TEMPORARY TABLE mine (x int)")


@pytest.fixture(scope="module")
def fresh():
    with inside.fresh(NAME):
        yield


@pytest.fixture
def as_reader(fresh, reader_url):
    with closing(psycopg2.connect(inside.at(reader_url, NAME))) as connection:
        connection.autocommit = True
        yield connection.cursor()


@pytest.fixture
def as_dbproxy(fresh, database_url):
    with closing(psycopg2.connect(inside.at(database_url, NAME))) as connection:
        connection.autocommit = True
        yield connection.cursor()


@pytest.mark.parametrize("statement", WRITES_OR_LOCKS)
def test_the_reader_locks_and_writes_nothing(as_reader, statement):
    as_reader.execute("SET default_transaction_read_only = off")
    with pytest.raises(errors.InsufficientPrivilege):
        as_reader.execute(statement)


@pytest.mark.parametrize("statement", FOR_A_SUPERUSER)
def test_dbproxy_is_no_superuser(as_dbproxy, statement):
    with pytest.raises(errors.InsufficientPrivilege):
        as_dbproxy.execute(statement)


def test_dbproxy_may_lock_and_wake(as_dbproxy):
    """The control, and what it needs."""
    as_dbproxy.execute("SELECT pg_advisory_lock(1), pg_advisory_unlock(1), pg_notify('x', '')")
    as_dbproxy.execute("CREATE TABLE mine (id bigint GENERATED ALWAYS AS IDENTITY); DROP TABLE mine")


def test_the_superuser_has_no_password(fresh):
    assert inside.psql(NAME, "SELECT rolpassword IS NULL FROM pg_authid WHERE rolsuper") == ["t"]


@pytest.mark.parametrize("database", ["postgres", "template1"])
def test_the_reader_gets_into_no_other_database(fresh, reader_url, database):
    with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
        psycopg2.connect(inside.at(reader_url, database))


def test_the_reader_does_not_use_up_the_connections(fresh, reader_url, database_url):
    with ExitStack() as opened:
        with pytest.raises(psycopg2.OperationalError, match="too many connections for role"):
            for _ in range(60):
                opened.enter_context(closing(psycopg2.connect(inside.at(reader_url, NAME))))
        psycopg2.connect(inside.at(database_url, NAME)).close()


OLDER = """
CREATE TABLE old (id bigint GENERATED ALWAYS AS IDENTITY, day date) PARTITION BY RANGE (day);
CREATE TABLE old_default PARTITION OF old DEFAULT;
CREATE VIEW old_rows AS SELECT * FROM old;
GRANT SELECT ON old_rows TO reader;
INSERT INTO old (day) VALUES (now());
"""


def test_an_older_database_is_taken_over(database_url, reader_url):
    """Also while somebody holds a table of it; what the reader was granted stays granted."""
    with inside.fresh("dbproxy_older"):
        inside.psql("dbproxy_older", OLDER)
        with closing(psycopg2.connect(inside.at(reader_url, "dbproxy_older"))) as held:
            held.cursor().execute("SELECT * FROM old_rows")
            inside.psql("dbproxy_older", inside.SETUP.read_text())
        owners = "SELECT DISTINCT relowner::regrole FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        assert inside.psql("dbproxy_older", owners) == ["dbproxy"]
        schema.migrate(inside.at(database_url, "dbproxy_older"))
        with closing(psycopg2.connect(inside.at(database_url, "dbproxy_older"))) as ours, ours.cursor() as cursor:
            cursor.execute("ALTER TABLE old ADD COLUMN more int")
        with closing(psycopg2.connect(inside.at(reader_url, "dbproxy_older"))) as reader, reader.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM old_rows")
            assert cursor.fetchone() == (1,)


LEFT_RUNNING = {
    "a statement": "SELECT pg_sleep(60)",
    "a statement that commits": "DO $$ BEGIN LOOP PERFORM pg_sleep(0.1); COMMIT; END LOOP; END $$",
}


@pytest.mark.parametrize("way", LEFT_RUNNING)
def test_a_statement_ends_although_its_timeout_was_lifted(service, reader_url, way):
    with closing(psycopg2.connect(reader_url)) as reader, reader.cursor() as cursor:
        reader.autocommit = True
        cursor.execute("SET statement_timeout = 0")
        late = threading.Timer(20, reader.cancel)      # a watch that is off fails the test instead of hanging it
        late.start()
        with pytest.raises(psycopg2.OperationalError) as ended:
            cursor.execute(LEFT_RUNNING[way])
        late.cancel()
        assert not isinstance(ended.value, errors.QueryCanceled) and reader.closed


def test_an_open_transaction_does_not_keep_a_table_from_being_changed(service, admin, reader_url):
    with closing(psycopg2.connect(reader_url)) as reader, admin.cursor() as cursor:
        reader.cursor().execute("SET idle_in_transaction_session_timeout = 0; SELECT count(*) FROM waivers")
        cursor.execute("BEGIN; SET LOCAL lock_timeout = '30s'; LOCK TABLE waivers IN ACCESS EXCLUSIVE MODE; ROLLBACK")
        with pytest.raises((psycopg2.OperationalError, psycopg2.InterfaceError)):
            reader.cursor().execute("SELECT 1")
