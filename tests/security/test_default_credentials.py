"""S52: no password is known to those who have read the documentation."""

from __future__ import annotations

import math
import socket
import stat
from collections import Counter
from contextlib import ExitStack, closing

import pika
import psycopg2
import pytest

from cli import compose, envfile
from tests.harness.registry import Registry, bearer
from tests.security import people

PAIRS = [("guest", "guest"), ("admin", "admin"), ("continuum", "continuum"), ("continuum", ""), ("postgres", "postgres"),
         ("root", "root"), ("reader", "reader"), ("owner", "owner"), ("admin", "password")]
NO_PRIVILEGE, READ_ONLY = "42501", "25006"


@pytest.mark.parametrize("pair", PAIRS, ids="/".join)
def test_rabbitmq_knows_no_usual_name(stack, pair):
    """Holds: all users are those of dbproxy/rabbitmq/definitions.json, with random passwords, and `guest` is not made; over
    AMQP and over the management API."""
    settings = stack.api.settings
    ui = f"http://127.0.0.1:{settings['RABBITMQ_UI_PORT']}/api/whoami"
    assert people.session().get(ui, auth=pair, timeout=10).status_code == 401
    own = people.session().get(ui, auth=("continuum", settings["RABBITMQ_PASSWORD"]), timeout=10)
    assert own.status_code == 200, "the control: the true password is heard"
    address = compose.address_of(stack.instance, "rabbitmq")
    with pytest.raises(pika.exceptions.AMQPConnectionError):
        pika.BlockingConnection(pika.ConnectionParameters(address, 5672, "/", pika.PlainCredentials(*pair))).close()


@pytest.mark.parametrize("pair", PAIRS, ids="/".join)
def test_postgres_knows_no_usual_name(stack, pair):
    """Holds: the passwords are random and pg_hba asks for them, from 127.0.0.1 of the host too."""
    port = int(stack.api.settings["POSTGRES_PORT"])
    for database in ("continuum", "postgres"):
        with pytest.raises(psycopg2.OperationalError, match="authentication failed|no password supplied"):
            psycopg2.connect(host="127.0.0.1", port=port, user=pair[0], password=pair[1], dbname=database,
                             connect_timeout=5).close()
    reader(stack).close()


@pytest.mark.parametrize("pair", [None, *PAIRS], ids=lambda pair: "/".join(pair) if pair else "nobody")
def test_the_registry_asks_who_it_is(stack, pair):
    """Holds: REGISTRY_AUTH. It knows no password at all; the control is a token of ours."""
    registry = Registry(stack)
    assert registry.send("GET", "", auth=pair).status_code == 401
    assert registry.send("GET", "", bearer(registry.tokens, "library/python", "pull")).status_code == 200


def test_the_dashboard_knows_no_usual_name(stack):
    """Holds: the first account's password is random. Few tries, since the address is stopped after some."""
    for login, password in (("owner", "owner"), (stack.api.settings["OWNER_LOGIN"], "password")):
        answer = people.call(stack.api.url, "POST", "/api/v1/signin", json={"login": login, "password": password})
        assert answer.status_code in (401, 429), answer.text
        assert "token" not in answer.json()


def test_every_secret_is_random_and_for_one_use(stack):
    """Holds: cli.envfile: mode 600, 24 characters or more, none twice."""
    kept = envfile.read(stack.instance.env_file)
    secrets = {key: value for key, value in kept.items() if key.endswith(("_PASSWORD", "_KEY"))}
    assert stat.S_IMODE(stack.instance.env_file.stat().st_mode) == 0o600
    assert len(secrets) >= 21
    assert len(set(secrets.values())) == len(secrets)
    weak = [key for key, value in secrets.items() if len(value) < 20 or entropy(value) < 60]
    assert weak == []


def entropy(text: str) -> float:
    """Bits, by how often each character comes: far too low for words and repetitions."""
    return -sum(n * math.log2(n / len(text)) for n in Counter(text).values())


def test_the_reader_reads_and_cannot_read_secrets(stack):
    """Holds: the grants of dbproxy's migrations: SQL clients see runs and logs, no hash, no sealed value, no write."""
    with closing(reader(stack)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM runs")
        for refused in ("SELECT password_hash FROM accounts", "SELECT * FROM accounts", "SELECT sealed FROM secrets",
                        "SELECT * FROM sessions", "SELECT hash FROM tokens", "SELECT inputs FROM jobs",
                        "SELECT pg_read_file('/etc/passwd')", "COPY (SELECT 1) TO PROGRAM 'id'"):
            assert code_of(cursor, refused) == NO_PRIVILEGE, refused
        assert code_of(cursor, "DELETE FROM runs") == READ_ONLY
        cursor.execute("SET default_transaction_read_only = off")
        for refused in ("DELETE FROM runs", "UPDATE accounts SET role = 'owner'", "CREATE TABLE mine (x int)"):
            assert code_of(cursor, refused) == NO_PRIVILEGE, refused


def test_the_reader_locks_nothing_and_takes_no_place(stack):
    """Holds: dbproxy/postgres/setup.sql; contract/dbproxy/test_roles.py has every function."""
    with closing(reader(stack)) as connection, connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = off")
        for refused in ("SELECT pg_advisory_lock(1)", "SELECT pg_try_advisory_xact_lock(1)", "SELECT pg_notify('x', '')",
                        "CREATE TEMPORARY TABLE mine (x int)", "SELECT lo_create(0)", "SET temp_file_limit = -1"):
            assert code_of(cursor, refused) == NO_PRIVILEGE, refused
    with ExitStack() as opened:
        with pytest.raises(psycopg2.OperationalError, match="too many connections for role"):
            for _ in range(60):
                opened.enter_context(closing(reader(stack)))
        assert stack.api.get("/runs")["total"] >= 0, "dbproxy has connections"


def test_the_reader_cannot_lift_its_timeout(stack):
    """Holds: dbproxy/readers.py, READER_SECONDS (5 s here)."""
    with closing(reader(stack)) as connection, connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        with pytest.raises(psycopg2.OperationalError) as ended:
            cursor.execute("SELECT pg_sleep(60)")
        assert not isinstance(ended.value, psycopg2.errors.QueryCanceled) and connection.closed


def test_who_does_not_sign_in_leaves_the_database_soon(stack):
    """Holds: authentication_timeout, 5 s in docker-compose.yml; Postgres' own is 60 s."""
    with socket.create_connection(("127.0.0.1", int(stack.api.settings["POSTGRES_PORT"])), timeout=40) as silent:
        assert silent.recv(1) == b""


def test_postgres_lets_no_superuser_in(stack):
    """Holds: dbproxy/postgres/setup.sql: the superuser has no password, and dbproxy is none."""
    settings = stack.api.settings
    where = {"host": "127.0.0.1", "port": int(settings["POSTGRES_PORT"]), "dbname": "continuum", "connect_timeout": 5}
    with pytest.raises(psycopg2.OperationalError, match="authentication failed"):
        psycopg2.connect(user="continuum", password=settings["POSTGRES_PASSWORD"], **where)
    with closing(psycopg2.connect(user="dbproxy", password=settings["DBPROXY_POSTGRES_PASSWORD"], **where)) as own:
        own.autocommit = True
        with own.cursor() as cursor:
            cursor.execute("SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication FROM pg_roles "
                           "WHERE rolname = current_user")
            assert cursor.fetchone() == (False,)
            for refused in ("SELECT pg_read_file('/etc/passwd')", "COPY (SELECT 1) TO PROGRAM 'id'", "CREATE ROLE other"):
                assert code_of(cursor, refused) == NO_PRIVILEGE, refused


def test_no_user_of_the_broker_administers_it(stack):
    """Holds: the tags and rights of definitions.json; contract/dbproxy/test_broker_rights.py tries each of them."""
    settings = stack.api.settings
    ui, session = f"http://127.0.0.1:{settings['RABBITMQ_UI_PORT']}/api", people.session()
    session.headers["Connection"] = "close"      # RabbitMQ hangs up after a refusal whose body it did not read
    own = ("continuum", settings["RABBITMQ_PASSWORD"])
    assert session.get(f"{ui}/queues", auth=own, timeout=10).status_code == 200, "people see the queues"
    for method, path in (("GET", "users"), ("GET", "definitions"), ("DELETE", "queues/%2F/continuum.logs.store/contents"),
                         ("DELETE", "queues/%2F/continuum.logs.store"), ("PUT", "queues/%2F/mine")):
        assert session.request(method, f"{ui}/{path}", auth=own, json={}, timeout=10).status_code in (401, 403), path
    for service in envfile.ON_THE_BUS:
        pair = (service, settings[f"{service.upper()}_RABBITMQ_PASSWORD"])
        assert session.get(f"{ui}/overview", auth=pair, timeout=10).status_code == 401, service


def reader(stack):
    """A connection as people's SQL clients have it; each statement for itself, or the first refusal would be the reason
    of all others."""
    connection = psycopg2.connect(host="127.0.0.1", port=int(stack.api.settings["POSTGRES_PORT"]), user="reader",
                                  dbname="continuum", password=stack.api.settings["READER_PASSWORD"])
    connection.autocommit = True
    return connection


def code_of(cursor, statement: str) -> str | None:
    """Postgres' own code for what it refused (appendix A of its manual)."""
    with pytest.raises(psycopg2.Error) as told:
        cursor.execute(statement)
    return told.value.pgcode
