"""What a delivery asks of us, as a table; hostile payloads too."""

import pytest

from forges import About, ForgeEvent
from forges.github import events
from orchestrator.scm.webhooks import rules
from tests.harness.rows import repo_row

REPO = repo_row(owner="ann", name="site", external_id="5")
ABOUT = {"repository": {"id": 5, "full_name": "ann/site"}, "sender": {"login": "eve-2", "id": 9}}
HEAD = "a" * 40


def decide(event, payload, repo):
    return rules.decide(events.read(event, payload), repo)


@pytest.mark.parametrize("event, payload, expected", [
    ("push", {"ref": "refs/heads/main", "after": HEAD}, ("head", "refs/heads/main")),
    ("push", {"ref": "refs/heads/feature/x", "deleted": True}, ("head", "refs/heads/feature/x")),
    ("push", {"ref": "refs/tags/v1"}, ("head", "refs/tags/v1")),
    ("create", {"ref": "topic", "ref_type": "branch"}, ("head", "refs/heads/topic")),
    ("create", {"ref": "v1", "ref_type": "tag"}, ("head", "refs/tags/v1")),
    ("delete", {"ref": "topic", "ref_type": "branch"}, ("head", "refs/heads/topic")),
    ("pull_request", {"action": "opened", "number": 7}, ("pull", 7)),
    ("pull_request", {"action": "synchronize", "pull_request": {"number": 8}}, ("pull", 8)),
    ("pull_request", {"action": "closed", "number": 7}, ("pull", 7)),
    ("repository", {"action": "renamed"}, ("repo", "renamed")),
    ("repository", {"action": "deleted"}, ("repo", "deleted")),
    ("public", {}, ("repo", "public")),
    ("ping", {"hook_id": 4, "zen": "Keep it logically awesome."}, ("nothing", "webhook 4 answers")),
    ("pull_request", {"action": "labeled", "number": 7}, ("nothing", "labeled")),
    ("create", {"ref": None, "ref_type": "repository"}, ("nothing", "repository was created")),
    ("issues", {"action": "opened"}, ("nothing", "issues opened starts nothing")),
    ("installation", {"action": "created"}, ("nothing", "noted")),
    ("installation", {"action": "suspend", "installation": {"account": {"login": "ann"}}}, ("access", "installation suspend of ann")),
    ("installation", {"action": "x", "installation": {"account": {"login": "--help"}}}, ("nothing", "refused")),
])
def test_each_event_has_its_decision(event, payload, expected):
    found = decide(event, {**ABOUT, **payload}, REPO)
    assert found.kind == expected[0]
    assert str(expected[1]) in found.why or expected[1] in (found.ref, found.number)


@pytest.mark.parametrize("ref", [
    "refs/heads/--upload-pack=touch /tmp/x", "refs/heads/-h", "refs/heads/a\nb",
    "refs/heads/../../etc", "refs/heads/", "refs/heads/x.lock", "refs/heads/" + "x" * 1001])
def test_refs_that_nobody_may_have_are_refused(ref):
    found = decide("push", {**ABOUT, "ref": ref}, REPO)
    assert found.kind == "nothing" and found.why.startswith("refused")


@pytest.mark.parametrize("payload", [
    {}, {"ref": 7}, {"ref": ["refs/heads/main"]}, {"ref": "refs/pull/7/head"}, {"ref": "refs/notes/x"}, {"ref": None}])
def test_what_is_no_branch_and_no_tag_starts_nothing(payload):
    assert decide("push", {**ABOUT, **payload}, REPO).kind == "nothing"


@pytest.mark.parametrize("repository", [
    None, {}, {"id": True}, {"id": -5}, {"id": "5", "full_name": "ann/site"}, {"id": 5, "full_name": "ann/../../x"},
    {"id": 5, "full_name": "-h/site"}, {"id": 5, "full_name": "site"}])
def test_a_payload_without_a_repository_that_can_be_is_refused(repository):
    assert decide("push", {"ref": "refs/heads/main", "repository": repository}, REPO).why.startswith("refused")


def test_a_payload_about_another_repository_touches_neither():
    found = decide("push", {**ABOUT, "ref": "refs/heads/main"}, REPO.model_copy(update={"external_id": "6"}))
    assert found.kind == "nothing" and "belongs to ann/site" in found.why


def test_one_that_nobody_connected_is_told():
    assert "ann/site is not connected here" in decide("push", {**ABOUT, "ref": "refs/heads/main"}, None).why


@pytest.mark.parametrize("number", [0, -1, 2**31, "7", True, None])
def test_numbers_of_pull_requests_are_numbers(number):
    found = decide("pull_request", {**ABOUT, "action": "opened", "number": number}, REPO)
    assert found.kind == "nothing"


@pytest.mark.parametrize("login, actor", [
    ("eve-2", "eve-2"), ("renovate[bot]", "renovate[bot]"), ("<img onerror=x>", None), ("", None), (7, None)])
def test_the_actor_is_a_login_or_nobody(login, actor):
    found = decide("push", {**ABOUT, "sender": {"login": login}, "ref": "refs/heads/main"}, REPO)
    assert found == ForgeEvent("head", "look where main is", About("5", "ann", "site"), actor, ref="refs/heads/main")
