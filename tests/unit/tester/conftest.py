"""The tester's surroundings, as fixtures."""

from __future__ import annotations

import json

import pytest

from common.worker.joblog import JobLog
from common.worker.jobs import Cancel
from tests.unit.tester.fakes import Candidate, Services, serving


@pytest.fixture
def candidate():
    """(host, port) of an app that answers."""
    Candidate.seen = []
    with serving(Candidate) as server:
        yield "127.0.0.1", server.server_port


@pytest.fixture
def services():
    return Services()


@pytest.fixture
def log():
    """A real job log; `.lines()` are those that it sent."""
    messages = []
    made = JobLog(7, "test", 1, lambda key, body: messages.append(json.loads(body)))

    def lines():
        made.close()
        return [line for message in messages for line in message["lines"]]

    made.lines = lines
    return made


@pytest.fixture
def cancel():
    return Cancel()
