"""S52: no password is known to those who have read the documentation."""

from __future__ import annotations

import math
import stat
from collections import Counter
from contextlib import closing

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
    """Holds: RABBITMQ_DEFAULT_PASS is random, and `guest` is not made; over AMQP and over the management API."""
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
    """Holds: POSTGRES_PASSWORD is random and pg_hba asks for it, from 127.0.0.1 of the host too."""
    port = int(stack.api.settings["POSTGRES_PORT"])
    for database in ("continuum", "postgres"):
        with pytest.raises(psycopg2.OperationalError, match="authentication failed|no password supplied"):
            psycopg2.connect(host="127.0.0.1", port=port, user=pair[0], password=pair[1], dbname=database,
                             connect_timeout=5).close()
    reader = psycopg2.connect(host="127.0.0.1", port=port, user="reader", dbname="continuum", connect_timeout=5,
                              password=stack.api.settings["READER_PASSWORD"])
    reader.close()


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
    assert len(secrets) >= 14
    assert len(set(secrets.values())) == len(secrets)
    weak = [key for key, value in secrets.items() if len(value) < 20 or entropy(value) < 60]
    assert weak == []


def entropy(text: str) -> float:
    """Bits, by how often each character comes: far too low for words and repetitions."""
    return -sum(n * math.log2(n / len(text)) for n in Counter(text).values())


def test_the_reader_reads_and_cannot_read_secrets(stack):
    """Holds: the grants of dbproxy's migrations: SQL clients see runs and logs, no hash, no sealed value, no write."""
    connection = psycopg2.connect(host="127.0.0.1", port=int(stack.api.settings["POSTGRES_PORT"]), user="reader",
                                  dbname="continuum", password=stack.api.settings["READER_PASSWORD"])
    connection.autocommit = True      # or the first refusal would be the reason of all others
    with closing(connection), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM runs")
        for refused in ("SELECT password_hash FROM accounts", "SELECT * FROM accounts", "SELECT sealed FROM secrets",
                        "SELECT * FROM sessions", "SELECT hash FROM tokens", "SELECT inputs FROM jobs",
                        "SELECT pg_read_file('/etc/passwd')", "COPY (SELECT 1) TO PROGRAM 'id'"):
            assert code_of(cursor, refused) == NO_PRIVILEGE, refused
        assert code_of(cursor, "DELETE FROM runs") == READ_ONLY
        cursor.execute("SET default_transaction_read_only = off")
        for refused in ("DELETE FROM runs", "UPDATE accounts SET role = 'owner'", "CREATE TABLE mine (x int)"):
            assert code_of(cursor, refused) == NO_PRIVILEGE, refused


def code_of(cursor, statement: str) -> str | None:
    """Postgres' own code for what it refused (appendix A of its manual)."""
    with pytest.raises(psycopg2.Error) as told:
        cursor.execute(statement)
    return told.value.pgcode
