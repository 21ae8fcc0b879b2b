"""dbproxy as it runs for people: in a process of its own, on the real Postgres and RabbitMQ."""

import os
import time

import psycopg2
import pytest

from dbproxy import schema
from dbproxy.database import Database
from dbproxy.logs.partitions import make_partitions
from tests.contract.dbproxy.gate import Gate
from tests.contract.dbproxy.service import Service
from tests.contract.dbproxy.world import World


@pytest.fixture(scope="session")
def admin(database_url):
    """A connection of the tests' own to look behind the service."""
    connection = psycopg2.connect(database_url)
    connection.autocommit = True
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def postgres_gate(database_url):
    """The way to Postgres, which a test may cut."""
    with Gate(database_url, 5432) as gate:
        yield gate


@pytest.fixture(scope="session")
def rabbitmq_gate(rabbitmq_url):
    with Gate(rabbitmq_url, 5672) as gate:
        yield gate


@pytest.fixture(scope="session")
def service(postgres_gate, rabbitmq_gate, tmp_path_factory):
    with Service(postgres_gate.url, rabbitmq_gate.url, tmp_path_factory.mktemp("dbproxy")) as service:
        yield service


@pytest.fixture
def world(service, admin, rabbitmq_url, tmp_path):
    """Callers of the service, and a fresh repo."""
    with World(service, admin, rabbitmq_url, tmp_path) as world:
        yield world


@pytest.fixture(scope="session")
def store(database_url):
    """The service's own modules on the same database, in this process."""
    schema.migrate(database_url)
    database = Database(database_url)
    database.prepare(make_partitions)
    database.open()
    return database


@pytest.fixture
def eventually():
    """Waits for what another process does: `eventually(lambda: condition)`; fails after `seconds`."""
    def wait(look, seconds=15):
        deadline = time.monotonic() + seconds * float(os.environ.get("PATIENCE", "1"))
        while not (found := look()):
            assert time.monotonic() < deadline, f"not within {seconds} s"
            time.sleep(0.02)
        return found
    return wait
