"""Real partners for the contract tests; `./continuum test contract` starts them and sets the two addresses."""

import os

import pytest


@pytest.fixture(scope="session")
def database_url():
    """An empty database of the tests' own."""
    return _address("DATABASE_URL", "postgresql://user:password@host:5432/contract")


@pytest.fixture(scope="session")
def rabbitmq_url():
    """A virtual host of the tests' own."""
    return _address("RABBITMQ_URL", "amqp://user:password@host:5672/contract")


def _address(name: str, example: str) -> str:
    if not os.environ.get(name):
        pytest.fail(f"{name} is not set: run `./continuum test contract`, or set it to an address like {example}",
                    pytrace=False)
    return os.environ[name]
