"""Every payload that GitHub has published, and what we make of it."""

from __future__ import annotations

import collections

import pytest

from forges.github import events
from orchestrator.scm.webhooks.rules import decide
from tests.github.examples import examples
from tests.harness.rows import repo_row

HEADS = {"push": {"refs/heads/master", "refs/tags/simple-tag"}, "create": {"refs/tags/simple-tag"},
         "delete": {"refs/tags/simple-tag"}}
MOVES = {"opened", "synchronize", "reopened", "closed", "ready_for_review", "converted_to_draft"}
CHANGES = {"edited", "privatized", "publicized", "renamed", "transferred"}


def judged(event, payload):
    """As if the repository that it is about were connected."""
    about = payload.get("repository") or {}
    owner = (about.get("owner") or {}).get("login", "")
    repo = repo_row(owner=owner, name=about.get("name") or "", external_id=str(about.get("id")))
    return decide(events.read(event, payload), repo)


@pytest.mark.parametrize("event", HEADS)
def test_pushes_tags_and_deletions_are_looks_at_their_head(event):
    found = [judged(event, payload) for _, payload in examples(event)]
    assert {decision.kind for decision in found} == {"head"} and {decision.ref for decision in found} == HEADS[event]


def test_pull_requests_that_move_are_looked_at_and_the_others_told():
    for _, payload in examples("pull_request"):
        decision = judged("pull_request", payload)
        assert decision.kind == ("pull" if payload["action"] in MOVES else "nothing"), payload["action"]
        assert decision.kind == "nothing" or decision.number == payload["number"]


def test_what_becomes_of_repositories_is_looked_at():
    for _, payload in examples("repository"):
        assert judged("repository", payload).kind == ("repo" if payload["action"] in CHANGES else "nothing")


def test_a_ping_says_that_all_is_set():
    assert all("all is set" in judged("ping", payload).why for _, payload in examples("ping"))


def test_everything_else_is_ignored_with_a_reason_and_nothing_is_refused():
    count = collections.Counter()
    for event, payload in examples():
        decision = judged(event, payload)
        count[event] += 1
        assert decision.why and not decision.why.startswith("refused"), (event, decision.why)
    assert count["push"] == 7 and count["pull_request"] == 29 and sum(count.values()) > 300


def test_of_a_repository_that_is_not_connected_nothing_starts():
    for event, payload in examples("push", "pull_request", "create", "delete", "repository"):
        decision = decide(events.read(event, payload), None)
        assert decision.kind == "nothing" and "not connected here" in decision.why
