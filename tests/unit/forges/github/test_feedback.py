"""What we tell GitHub: statuses, deployments, comments, check runs, webhooks."""

import pytest
from pydantic import SecretStr

from common.wire.errors import Forbidden, NotFound
from forges.base import Annotation, Check, Grant, Status, Unsupported
from forges.github.feedback import Feedback
from forges.github.problems import NeedsScope
from tests.unit.forges.github.access import MANIFEST, account, app_at, asked, connected, head, signed_in
from tests.unit.forges.github.fakes import TOKEN, client_of, reply

HOOK = "http://127.0.0.1:1/webhooks/github/1"
MARK = "<!-- ours -->"


@pytest.fixture
def pull(hello, github):
    github.commit(hello, {"x": "y"}, branch="topic")
    return github.pull(hello, hello, "topic", author="ada")


@pytest.fixture
def comment(forge, pull):
    """comment(text, known): the id of ours."""
    return lambda text, known=None: forge.upsert_comment("ada", "hello", pull.number, f"{MARK}\n{text}", known)


def bodies(repo):
    return [item["body"].partition("\n")[2] for item in repo.comments.values()]


def test_statuses_stand_beside_their_commit(forge, hello):
    forge.set_status("ada", "hello", Status(head(hello), "pending", "continuum", "x" * 200, "http://localhost/runs/1"))
    forge.set_status("ada", "hello", Status(head(hello), "success", "continuum", "live", ""))
    assert [(item["state"], item["context"], item["target_url"]) for item in hello.statuses] == [
        ("pending", "continuum", "http://localhost/runs/1"), ("success", "continuum", None)]
    assert len(hello.statuses[0]["description"]) == 140


def test_a_status_that_may_have_arrived_is_asked_for(forge, hello):
    def tell(state, context="continuum", again=True):
        forge.set_status("ada", "hello", Status(head(hello), state, context, "why", "http://localhost/runs/1"), again=again)
    tell("success", again=False)
    tell("failure", "continuum/test")
    tell("success")
    tell("pending")
    tell("success")
    assert [(item["context"], item["state"]) for item in hello.statuses] == [
        ("continuum", "success"), ("continuum/test", "failure"), ("continuum", "pending"), ("continuum", "success")]


def test_an_archived_repository_takes_no_status(forge, hello):
    hello.archived = True
    with pytest.raises(Forbidden, match="archived"):
        forge.set_status("ada", "hello", Status(head(hello), "success", "continuum", "", ""))


def test_a_deployment_and_what_became_of_it(forge, hello):
    number = forge.start_deployment("ada", "hello", head(hello), "production", "run 1", mark="https://ci/runs/1")
    forge.set_deployment("ada", "hello", number, "success", "live", "http://l/runs/1", "http://hello.localhost")
    made, (told,) = hello.deployments[int(number)], hello.deployment_statuses[int(number)]
    assert (made["sha"], made["environment"], made["production_environment"]) == (head(hello), "production", True)
    assert (told["state"], told["environment_url"]) == ("success", "http://hello.localhost")


def test_a_deployment_that_may_be_there_already_is_asked_for(forge, hello):
    def start(mark, again=True, environment="production"):
        return forge.start_deployment("ada", "hello", head(hello), environment, "d" * 300, mark=mark, again=again)
    first, twelfth = start("https://ci/runs/1", again=False), start("https://ci/runs/12")
    assert first != twelfth and start("https://ci/runs/1") == first
    hello.deployments[int(twelfth)]["payload"] = '{"run": "https://ci/runs/12"}'
    hello.deployments[int(first)]["payload"] = "no JSON"
    assert start("https://ci/runs/12") == twelfth and start("https://ci/runs/1") not in (first, twelfth)
    assert start("https://ci/runs/12", environment="preview") != twelfth
    assert {len(each["description"]) for each in hello.deployments.values()} == {140}


def test_a_state_of_a_deployment_that_may_have_arrived_is_asked_for(forge, hello):
    number = forge.start_deployment("ada", "hello", head(hello), "production", "run 1", mark="https://ci/runs/1")
    for state in ("in_progress", "success", "success", "inactive"):
        forge.set_deployment("ada", "hello", number, state, "why", "http://l/runs/1", "http://hello.localhost", again=True)
    assert [item["state"] for item in hello.deployment_statuses[int(number)]] == ["in_progress", "success", "inactive"]


def test_a_preview_is_a_passing_environment(forge, hello):
    number = forge.start_deployment("ada", "hello", head(hello), "preview", "run 1", mark="https://ci/runs/1")
    assert hello.deployments[int(number)]["transient_environment"]
    assert not hello.deployments[int(number)]["production_environment"]


def test_one_comment_is_changed_in_place(hello, comment):
    first = comment("running")
    assert comment("success", first) == comment("found again") == first
    assert bodies(hello) == ["found again"]


def test_a_deleted_comment_is_made_anew(hello, comment):
    first = comment("a")
    hello.comments.clear()
    assert comment("b", first) != first and bodies(hello) == ["b"]


def test_a_strangers_comment_with_our_mark_is_left_alone(hello, comment):
    first = comment("stranger")
    hello.comments[int(first)]["user"] = {**hello.comments[int(first)]["user"], "login": "bob"}
    comment("ours")
    assert bodies(hello) == ["stranger", "ours"]


def test_a_comment_of_whoever_acted_before_is_followed_by_one_of_ours():
    client, fake = client_of(reply({"message": "Resource not accessible by integration"}, 403), reply([]),
                             reply({"id": 8}, 201))
    grant = Grant(TOKEN, "installation", "continuum")
    assert Feedback(client).upsert_comment(grant, "ada", "hello", 1, f"{MARK}\nb", "7") == "8"
    assert [method for method, *_ in fake.asked] == ["PATCH", "GET", "POST"]


def test_an_apps_comment_is_found_by_its_bot():
    comments = [{"id": 1, "user": {"login": "continuum"}, "body": MARK}, {"id": 2, "user": None, "body": MARK},
                {"id": 3, "user": {"login": "continuum[bot]"}, "body": f"{MARK}\r\nold"}]
    client, _ = client_of(reply(comments), reply({}))
    grant = Grant(TOKEN, "installation", "continuum")
    assert Feedback(client).upsert_comment(grant, "ada", "hello", 1, f"{MARK}\nnew", None) == "3"


def test_check_runs_are_for_apps(forge, hello):
    with pytest.raises(Unsupported, match="install the App"):
        forge.set_check("ada", "hello", Check(head(hello), "continuum", None, "t", "s", ""))


def test_a_check_run_holds_annotations_past_fifty(forge, hello, github, tokens):
    app = github.app(MANIFEST, "ada")
    github.install(app, "ada")
    tokens.app = app_at(github, app)
    remarks = tuple(Annotation("src/app.py", line, "failure", "test", "failed") for line in range(1, 121))
    number = forge.set_check("ada", "hello", Check(head(hello), "continuum", "failure", "t", "s", "http://l/", remarks))
    made = hello.checks[int(number)]
    assert [item["start_line"] for item in made["annotations"]] == list(range(1, 121))
    assert (made["status"], made["conclusion"], made["head_sha"]) == ("completed", "failure", head(hello))
    assert len(asked(github, path="/check-runs")) == 3
    again = Check(head(hello), "continuum", "success", "t", "s", "", known=number)
    assert forge.set_check("ada", "hello", again) == number


def test_a_check_run_that_may_have_arrived_is_asked_for(forge, hello, github, tokens):
    app = github.app(MANIFEST, "ada")
    github.install(app, "ada")
    tokens.app = app_at(github, app)

    def tell(conclusion, url="http://localhost/runs/1", again=True):
        return forge.set_check("ada", "hello", Check(head(hello), "continuum", conclusion, "t", "s", url), again=again)
    first = tell("failure", again=False)
    assert tell("failure") == first and tell("success") != first and tell("failure", "http://localhost/runs/2") != first
    assert len(hello.checks) == 3


def test_a_webhook_is_made_once_and_put_right(forge, hello, github):
    first = forge.add_webhook("ada", "hello", HOOK, SecretStr("first"), account("ada"))
    hello.hooks[int(first)].secret, hello.hooks[int(first)].active = "changed by hand", False
    assert forge.add_webhook("ada", "hello", HOOK, SecretStr("first"), account("ada")) == first
    assert [(hook.secret, hook.active) for hook in hello.hooks.values()] == [("first", True)]
    made, pinged = asked(github, "POST", "/hooks")
    assert made.endswith("/hooks") and pinged.endswith(f"/hooks/{first}/pings"), "a changed one is pinged only when asked"
    forge.remove_webhook("ada", "hello", first, account("ada"))
    forge.remove_webhook("ada", "hello", first, account("ada"))
    assert hello.hooks == {}


def test_webhooks_are_asked_for_with_the_persons_own_token(forge, hello, github, tokens):
    signed_in(github, tokens, "bob")
    hello.rights["bob"] = "push"
    with pytest.raises(NotFound):
        forge.add_webhook("ada", "hello", HOOK, SecretStr("s"), account("bob"))
    assert hello.hooks == {}


def test_a_scope_that_was_not_granted_is_named(forge, hello, github, tokens):
    hello.private = False
    connected(github, tokens, "ada/hello", "ada", "read:user")
    with pytest.raises(NeedsScope, match="'repo'"):
        forge.set_status("ada", "hello", Status(head(hello), "success", "continuum", "", ""))
