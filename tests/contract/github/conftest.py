"""The stand-in, watched: what goes in, what comes out and what is delivered is held against GitHub's own document."""

from __future__ import annotations

import json
from contextlib import contextmanager

import pytest

from tests.contract.github.openapi import github_says
from tests.github import serve
from tests.unit.github.conftest import *  # noqa: F403  the same clients, listeners and repositories


@contextmanager
def watched(folder, *, sent_badly_on_purpose: bool = False):
    """What does not fit fails at the end; with `sent_badly_on_purpose`, calls that were refused as invalid are let off."""
    judge, problems = github_says(), []
    with serve(folder) as github:
        github.watchers.append(lambda exchange: None if sent_badly_on_purpose and exchange.status == 422
                               else problems.extend(judge.call(exchange)))
        yield github
        github.outbox.wait()
        for delivery in github.outbox.deliveries:
            problems += judge.payload(delivery.event, json.loads(delivery.body))
    assert not problems, "\n".join(dict.fromkeys(problems))


@pytest.fixture()
def github(tmp_path):
    with watched(tmp_path / "github", sent_badly_on_purpose=True) as made:
        made.user("writer")
        made.user("reader")
        made.user("stranger")
        yield made
