"""Every call of our forge, before the stand-in: request and answer fit GitHub's own OpenAPI document."""

import dataclasses

import pytest
from pydantic import SecretStr

from forges.base import Annotation, Check, Status
from forges.github import check_credentials, convert_manifest
from tests.github.access import MemoryTokens, account, app_at, connected, forge_at
from tests.github.gate import Exchange
from tests.github.openapi import Judge
from tests.github.pages import registered
from tests.github.server import StandIn

# Every call that forges/github makes; a new one is added here, and to the story.
CALLS = {
    ("GET", "/user/repos"), ("GET", "/repos/{owner}/{repo}"), ("GET", "/repos/{owner}/{repo}/branches"),
    ("GET", "/repos/{owner}/{repo}/tags"), ("GET", "/repos/{owner}/{repo}/commits/{ref}"),
    ("GET", "/repos/{owner}/{repo}/contents/{path}"), ("GET", "/repos/{owner}/{repo}/compare/{base}...{head}"),
    ("GET", "/repos/{owner}/{repo}/pulls"), ("GET", "/repos/{owner}/{repo}/pulls/{pull_number}"),
    ("GET", "/repos/{owner}/{repo}/hooks"), ("POST", "/repos/{owner}/{repo}/hooks"),
    ("PATCH", "/repos/{owner}/{repo}/hooks/{hook_id}"), ("DELETE", "/repos/{owner}/{repo}/hooks/{hook_id}"),
    ("POST", "/repos/{owner}/{repo}/statuses/{sha}"), ("POST", "/repos/{owner}/{repo}/deployments"),
    ("POST", "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses"),
    ("GET", "/repos/{owner}/{repo}/issues/{issue_number}/comments"),
    ("POST", "/repos/{owner}/{repo}/issues/{issue_number}/comments"),
    ("PATCH", "/repos/{owner}/{repo}/issues/comments/{comment_id}"), ("POST", "/repos/{owner}/{repo}/check-runs"),
    ("PATCH", "/repos/{owner}/{repo}/check-runs/{check_run_id}"), ("GET", "/repos/{owner}/{repo}/installation"),
    ("POST", "/app/installations/{installation_id}/access_tokens"), ("POST", "/app-manifests/{code}/conversions"),
    ("POST", "/applications/{client_id}/token"),
}


@pytest.fixture(scope="module")
def judge():
    return Judge.of_github()


@pytest.fixture(scope="module")
def exchanges(tmp_path_factory):
    """All that was said in a story that calls everything."""
    with StandIn(tmp_path_factory.mktemp("github")) as github:
        _story(github)
        return list(github.exchanges)


def _story(github: StandIn) -> None:
    for login in ("ada", "bob"):
        github.world.person(login)
    for number in range(120):
        github.world.repo("ada", f"other-{number}")
    hello = github.world.repo("ada", "hello", {"Dockerfile": "FROM scratch\n", "src/app.py": "print()\n"})
    tokens = MemoryTokens()
    connected(github, tokens, "ada/hello", "ada")
    forge, ada = forge_at(github, tokens), account("ada")
    _read(github, forge, ada, hello)
    _tell(github, forge, ada, hello)
    _as_app(github, forge, tokens, hello)


def _read(github, forge, ada, hello) -> None:
    forge.repos("hello", account=ada)
    github.world.wait_for(lambda: github.world.tell() or forge.repos("hello", account=ada).items, "list", 60)
    forge.right_of(ada, "ada", "hello"), forge.refs("ada", "hello"), forge.refs("ada", "hello")
    hello.git.set("refs/heads/feature/x", first := forge.resolve("ada", "hello", "main").sha)
    second = hello.git.commit({"src/app.py": None, "src/main.py": "print()\n"}, branch="feature/x")
    forge.resolve("ada", "hello", "feature/x"), forge.file("ada", "hello", second, "src/main.py")
    forge.changed("ada", "hello", first, second), forge.changed("ada", "hello", None, second)
    forge._lists._dockerfiles._ask(forge._lists._listing("7").items[0], forge._own(ada))
    fork = github.world.fork(hello, "bob")
    fork.git.commit({"x": "y"}, branch="topic")
    forge.pull("ada", "hello", github.world.pull_request(hello, fork, "topic", "bob", "From bob").number)
    forge.pulls("ada", "hello")


def _tell(github, forge, ada, hello) -> None:
    head, (pull,) = hello.git.head("refs/heads/main"), hello.pulls
    forge.set_status("ada", "hello", Status(head, "success", "continuum/build", "done", "http://localhost/runs/1"))
    for environment, url in (("production", "http://hello.localhost"), ("preview", "")):
        number = forge.start_deployment("ada", "hello", head, environment, "run 1")
        forge.set_deployment("ada", "hello", number, "in_progress", "starts", "http://localhost/runs/1", url)
        forge.set_deployment("ada", "hello", number, "success", "live", "http://localhost/runs/1", url)
    for text in ("<!-- ours -->\nruns", "<!-- ours -->\nsuccess"):
        forge.upsert_comment("ada", "hello", pull, text, None)
    for secret in ("one", "two"):
        hook = forge.add_webhook("ada", "hello", "http://127.0.0.1:1/", SecretStr(secret), ada)
    forge.remove_webhook("ada", "hello", hook, ada)


def _as_app(github, forge, tokens, hello) -> None:
    app = registered(github.world, "continuum-ci", "ada", {})
    github.world.install(app, "ada", [hello])
    github.world.manifest_codes["c0de"] = app
    convert_manifest(forge.client, "c0de")
    check_credentials(forge.client, app.client_id, SecretStr(app.client_secret))
    tokens.app, head = app_at(github, app), hello.git.head("refs/heads/main")
    remarks = (Annotation("src/app.py", 1, "failure", "test", "failed"),)
    number = forge.set_check("ada", "hello", Check(head, "continuum", None, "t", "s", "http://localhost/runs/1"))
    forge.set_check("ada", "hello", Check(head, "continuum", "failure", "t", "s", "", remarks, number))


def test_every_request_and_every_answer_fits(judge, exchanges):
    assert [problem for exchange in exchanges for problem in judge.problems(exchange)] == []


def test_the_story_calls_everything(judge, exchanges):
    assert {(item.method, judge.operation(item)[0]) for item in exchanges} == CALLS


def a_status(exchanges, **sent) -> Exchange:
    found = next(item for item in exchanges if "/statuses/" in item.path and item.method == "POST")
    return dataclasses.replace(found, sent={**found.sent, **sent})


@pytest.mark.parametrize("sent, says", [({"state": "green"}, "'green' is not one of"), ({"colour": 1}, "colour is not"),
                                        ({"context": 5}, "5 is not of type 'string'")])
def test_a_request_that_does_not_fit_is_found(judge, exchanges, sent, says):
    assert says in "\n".join(judge.problems(a_status(exchanges, **sent)))


@pytest.mark.parametrize("change, says", [({"path": "/nope"}, "no such call"), ({"query": {"a": "b"}}, "parameter a"),
                                          ({"status": 299}, "never answers 299"),
                                          ({"answered": {"id": "x"}}, "'x' is not of type 'integer'")])
def test_an_exchange_that_does_not_fit_is_found(judge, exchanges, change, says):
    assert says in "\n".join(judge.problems(dataclasses.replace(a_status(exchanges), **change)))
