"""GITHUB_ORGS end to end: active members of an organisation come in, others do not, and who leaves it is out."""

import uuid

import pytest

from tests.harness.github import standing_in
from tests.harness.settings import changed
from tests.security.people import Browser

CALLBACK = "/signin/github/callback"
DOCKERFILE = {"Dockerfile": "FROM debian:trixie-slim\n"}


@pytest.fixture(scope="module")
def github(stack, tmp_path_factory):
    with standing_in(stack, tmp_path_factory.mktemp("github")) as world:
        world.world.org("acme", wes="member", ann="admin")
        with changed(stack, ("dashboard",), GITHUB_USERS="", GITHUB_ORGS="Acme, other"):
            yield world


def knock(github, login: str) -> tuple[Browser, object]:
    browser = Browser(github.dashboard)
    location = browser.get("/signin/github?wants=repositories").headers["Location"]
    assert "read%3Aorg" in location or "read:org" in location
    return browser, browser.get(CALLBACK, params=github.authorized(location, login))


def test_a_member_comes_in_and_a_stranger_does_not(github):
    assert knock(github, "wes")[1].status_code == 303
    browser, answer = knock(github, "eve")
    assert answer.status_code == 403 and "is not among those who may sign in here" in answer.text
    assert browser.get("/api/v1/account").status_code == 401


def test_somebody_who_was_invited_and_did_not_accept_is_no_member(github):
    github.world.user("pat")
    github.world.account("acme").members["pat"] = "pending"
    assert knock(github, "pat")[1].status_code == 403


def test_who_leaves_the_organisation_loses_its_repositories_and_does_not_come_in_again(github):
    repo = github.world.repo(f"acme/site-{uuid.uuid4().hex[:6]}", files=DOCKERFILE, private=True, rights={"wes": "push"})
    browser, _ = knock(github, "wes")
    answer = browser.post("/repos/github", {"owner": "acme", "name": repo.name}, csrf=browser.csrf())
    assert browser.get(answer.headers["Location"]).status_code == 200
    del github.world.account("acme").members["wes"], repo.rights["wes"]
    github.until(lambda: browser.get(answer.headers["Location"]).status_code == 404, "the right to be gone", 90)
    assert knock(github, "wes")[1].status_code == 403
