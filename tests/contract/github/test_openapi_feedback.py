"""Every request of forges/github that changes something, as GitHub's document has it, and what becomes of it there."""

import pytest
from pydantic import SecretStr

from common.wire.errors import Conflict, Forbidden
from forges.base import Annotation, Check, Status, Unsupported
from tests.contract.github.partners import *  # noqa: F403  fixtures

SECRET = SecretStr("s" * 40)


def test_a_webhook_is_made_changed_and_removed(github, app, forge, writer, listener):
    made = forge.add_webhook("writer", "app", listener.url, SECRET, writer)
    headers, _ = listener.next()
    assert headers["X-GitHub-Event"] == "ping"
    assert forge.add_webhook("writer", "app", listener.url, SecretStr("t" * 40), writer) == made
    assert [hook.secret for hook in app.hooks.values()] == ["t" * 40]
    forge.remove_webhook("writer", "app", made, writer)
    forge.remove_webhook("writer", "app", made, writer)
    assert not app.hooks


def test_a_status(github, app, forge):
    sha = forge.resolve("writer", "app", "main").sha
    forge.set_status("writer", "app", Status(sha, "success", "continuum/build", "d" * 200, "http://localhost:1/runs/1"))
    (kept,) = app.statuses
    assert (kept["context"], kept["state"], kept["description"]) == ("continuum/build", "success", "d" * 140)


def test_a_status_without_the_scope_says_which(github, app, forge):
    forge_of_reader = forge_at(github.url, github.api, Tokens(person("writer", github.token("writer").value)))
    github.change(app, "publicized", private=False)
    with pytest.raises(Forbidden, match="'repo'"):
        forge_of_reader.set_status("writer", "app", Status("0" * 40, "success", "c", "d", ""))


def test_deployments(github, app, forge):
    sha = forge.resolve("writer", "app", "main").sha
    forge.set_status("writer", "app", Status(sha, "pending", "continuum", "", ""))
    made = forge.start_deployment("writer", "app", sha, "production", "Run 1", mark="https://ci/runs/1")
    assert forge.start_deployment("writer", "app", sha, "production", "Run 1", mark="https://ci/runs/1", again=True) == made
    for state in ("in_progress", "success", "inactive"):
        forge.set_deployment("writer", "app", made, state, "told", "http://localhost:1/log", "http://localhost:1/")
    assert [each["state"] for each in app.deployment_statuses[int(made)]] == ["in_progress", "success", "inactive"]


def test_one_comment_however_often(github, app, forge, as_, pull):
    """Somebody else's with the same first line is left alone."""
    theirs = as_("reader").post(f"/repos/writer/app/issues/{pull.number}/comments", {"body": "<!-- mark -->\nmine"}).json()
    made = forge.upsert_comment("writer", "app", pull.number, "<!-- mark -->\none", None)
    assert forge.upsert_comment("writer", "app", pull.number, "<!-- mark -->\ntwo", None) == made
    del app.comments[int(made)]
    again = forge.upsert_comment("writer", "app", pull.number, "<!-- mark -->\nthree", made)
    assert again != made and app.comments[int(again)]["body"] == "<!-- mark -->\nthree"
    assert app.comments[theirs["id"]]["body"] == "<!-- mark -->\nmine" and len(app.comments) == 2


def test_a_check_run_takes_an_app(forge, app):
    with pytest.raises(Unsupported, match="install the App"):
        forge.set_check("writer", "app", Check("0" * 40, "tests", None, "t", "s", ""))


def test_an_app_acts_where_it_is_installed(github, app, by_app, pull):
    sha = by_app.resolve("writer", "app", "main").sha
    assert by_app.grant("writer", "app").kind == "installation"
    by_app.set_status("writer", "app", Status(sha, "success", "continuum", "", "http://localhost:1"))
    assert app.statuses[0]["creator"]["login"] == "continuum-here[bot]"
    made = by_app.upsert_comment("writer", "app", pull.number, "<!-- mark -->\none", None)
    assert by_app.upsert_comment("writer", "app", pull.number, "<!-- mark -->\ntwo", None) == made
    assert by_app.start_deployment("writer", "app", sha, "preview", "", mark="https://ci/runs/2")


def test_a_check_run_with_many_annotations(github, app, by_app):
    sha = by_app.resolve("writer", "app", "main").sha
    notes = tuple(Annotation("a.py", line, "failure", "t", "m") for line in range(1, 121))
    made = by_app.set_check("writer", "app", Check(sha, "tests", "failure", "t", "s", "http://localhost:1", notes))
    assert [note["start_line"] for note in app.checks[int(made)]["annotations"]] == list(range(1, 121))
    assert app.checks[int(made)]["conclusion"] == "failure"
    assert by_app.set_check("writer", "app", Check(sha, "tests", "success", "t", "s", "", known=made)) == made


def test_an_archived_repository_is_told(github, app, forge):
    sha = forge.resolve("writer", "app", "main").sha
    github.change(app, "archived", archived=True)
    with pytest.raises((Forbidden, Conflict), match="archived"):
        forge.set_status("writer", "app", Status(sha, "success", "continuum", "", ""))
