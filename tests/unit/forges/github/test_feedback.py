"""What we tell GitHub: statuses, deployments, comments, check runs, webhooks."""

import pytest
from pydantic import SecretStr

from common.errors import Forbidden, NotFound
from forges.base import Annotation, Check, Status, Unsupported
from forges.github.problems import NeedsScope
from tests.github.access import account, app_at, signed_in
from tests.github.pages import registered

HOOK = "http://127.0.0.1:1/webhooks/github/1"


@pytest.fixture
def pull(hello, github):
    hello.git.commit({"x": "y"}, branch="topic")
    return github.world.pull_request(hello, hello, "topic", "ada", "Change")


def test_statuses_stand_beside_their_commit(forge, hello):
    head = hello.git.head("refs/heads/main")
    forge.set_status("ada", "hello", Status(head, "pending", "continuum", "x" * 200, "http://localhost:5000/runs/1"))
    forge.set_status("ada", "hello", Status(head, "success", "continuum", "live", ""))
    assert [(item["state"], item["context"], item["target_url"]) for item in hello.statuses] == [
        ("pending", "continuum", "http://localhost:5000/runs/1"), ("success", "continuum", None)]
    assert len(hello.statuses[0]["description"]) == 140


def test_an_archived_repository_takes_no_status(forge, hello):
    hello.archived = True
    with pytest.raises(Forbidden, match="archived"):
        forge.set_status("ada", "hello", Status(hello.git.head("HEAD"), "success", "continuum", "", ""))


def test_a_deployment_and_what_became_of_it(forge, hello):
    head = hello.git.head("refs/heads/main")
    number = forge.start_deployment("ada", "hello", head, "production", "run 1")
    forge.set_deployment("ada", "hello", number, "success", "live", "http://l/runs/1", "http://hello.localhost")
    made = hello.deployments[int(number)]
    assert (made["sha"], made["environment"]) == (head, "production")
    assert [(item["state"], item["environment_url"]) for item in made["statuses"]] == [("success",
                                                                                       "http://hello.localhost")]


def test_one_comment_is_changed_in_place(forge, hello, pull):
    first = forge.upsert_comment("ada", "hello", pull.number, "<!-- ours -->\nrunning", None)
    assert forge.upsert_comment("ada", "hello", pull.number, "<!-- ours -->\nsuccess", first) == first
    assert forge.upsert_comment("ada", "hello", pull.number, "<!-- ours -->\nfound again", None) == first
    assert [item["body"] for item in hello.comments.values()] == ["<!-- ours -->\nfound again"]


def test_a_deleted_comment_is_made_anew(forge, hello, pull):
    first = forge.upsert_comment("ada", "hello", pull.number, "<!-- ours -->\na", None)
    hello.comments.clear()
    assert forge.upsert_comment("ada", "hello", pull.number, "<!-- ours -->\nb", first) != first


def test_a_strangers_comment_with_our_mark_is_left_alone(forge, hello, pull):
    hello.comments[1] = {"id": 1, "issue": pull.number, "body": "<!-- ours -->\nstranger", "user": "bob"}
    forge.upsert_comment("ada", "hello", pull.number, "<!-- ours -->\na", None)
    assert hello.comments[1]["body"] == "<!-- ours -->\nstranger" and len(hello.comments) == 2


def test_a_comment_of_whoever_acted_before_is_followed_by_one_of_ours(forge, hello, pull, github):
    first = forge.upsert_comment("ada", "hello", pull.number, "<!-- ours -->\na", None)
    hello.comments[int(first)]["user"] = "bob"
    github.failures.add("forbidden", "PATCH", times=1)
    assert forge.upsert_comment("ada", "hello", pull.number, "<!-- ours -->\nb", first) != first


def test_check_runs_are_for_apps(forge, hello):
    with pytest.raises(Unsupported, match="install the App"):
        forge.set_check("ada", "hello", Check(hello.git.head("HEAD"), "continuum", None, "t", "s", ""))


def test_a_check_run_holds_annotations_past_fifty(forge, hello, github, tokens):
    app = registered(github.world, "continuum-ci", "ada", {})
    github.world.install(app, "ada", [hello])
    tokens.app = app_at(github, app)
    head = hello.git.head("refs/heads/main")
    remarks = tuple(Annotation("src/app.py", line, "failure", "test", "failed") for line in range(1, 121))
    number = forge.set_check("ada", "hello", Check(head, "continuum", "failure", "t", "s", "http://l/", remarks))
    made = hello.checks[int(number)]
    assert [item["start_line"] for item in made["annotations"]] == list(range(1, 121))
    assert (made["status"], made["conclusion"], made["head_sha"]) == ("completed", "failure", head)
    assert len(github.asked("", "/check-runs")) == 3
    assert forge.set_check("ada", "hello", Check(head, "continuum", "success", "t", "s", "", known=number)) == number


def test_a_webhook_is_made_once_and_put_right(forge, hello, tokens):
    secret = SecretStr("first")
    first = forge.add_webhook("ada", "hello", HOOK, secret, account("ada"))
    hello.hooks[int(first)].secret = "changed by hand"
    assert forge.add_webhook("ada", "hello", HOOK, secret, account("ada")) == first
    assert [(hook.secret, hook.active) for hook in hello.hooks.values()] == [("first", True)]
    forge.remove_webhook("ada", "hello", first, account("ada"))
    forge.remove_webhook("ada", "hello", first, account("ada"))
    assert hello.hooks == {}


def test_webhooks_are_asked_for_with_the_persons_own_token(forge, hello, github, tokens):
    signed_in(github, tokens, "bob")
    hello.rights["bob"] = "write"
    with pytest.raises(NotFound):
        forge.add_webhook("ada", "hello", HOOK, SecretStr("s"), account("bob"))
    assert hello.hooks == {}


def test_a_scope_that_was_not_granted_is_named(forge, hello, github, tokens):
    hello.private = False
    signed_in(github, tokens, "ada", scopes=frozenset({"read:user"}))
    tokens.grants["ada/hello"] = type(tokens.grants["ada/hello"])(tokens.people["ada"], "person", "ada")
    with pytest.raises(NeedsScope, match="'repo'"):
        forge.set_status("ada", "hello", Status(hello.git.head("HEAD"), "success", "continuum", "", ""))
