"""Real partners for the contract tests; `./continuum test contract` starts them and sets the two addresses."""

import os

import pytest
from xdist.scheduler import LoadScopeScheduling


class ByFolder(LoadScopeScheduling):
    """Tests of one folder share a database, an engine's containers or a port: they stay in one process, in turn."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.removeprefix("tests/contract/").partition("/")[0].partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return ByFolder(config, log)


@pytest.fixture(scope="session")
def database_url():
    """An empty database of the tests' own."""
    return _address("DATABASE_URL", "postgresql://user:password@host:5432/contract")


@pytest.fixture(scope="session")
def reader_url():
    """The same database, as people's SQL clients read it."""
    return _address("READER_URL", "postgresql://reader:password@host:5432/contract")


@pytest.fixture(scope="session")
def rabbitmq_url():
    """A virtual host of the tests' own."""
    return _address("RABBITMQ_URL", "amqp://user:password@host:5672/contract")


def _address(name: str, example: str) -> str:
    if not os.environ.get(name):
        pytest.fail(f"{name} is not set: run `./continuum test contract`, or set it to an address like {example}",
                    pytrace=False)
    return os.environ[name]
