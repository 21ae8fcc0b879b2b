"""Git LFS through the real builder: pointers unless the repository's settings ask for the contents."""

import hashlib
import uuid

import pytest

from tests.github.routes.lfs import pointer
from tests.harness.github import standing_in
from tests.security.people import Browser

CONTENT = b"model " * 50_000
DOCKERFILE = "FROM debian:trixie-slim\nCOPY . /app\nRUN sha256sum /app/deep/model.bin\n"
CALLBACK = "/signin/github/callback"


@pytest.fixture(scope="module")
def github(stack, tmp_path_factory):
    with standing_in(stack, tmp_path_factory.mktemp("github")) as world:
        yield world


@pytest.fixture(scope="module")
def repo(github, stack):
    """ann's private repository with a large file, connected: (at GitHub, its number here)."""
    made = github.world.repo(f"ann/large-{uuid.uuid4().hex[:6]}", private=True, files={
        "Dockerfile": DOCKERFILE, "deep/.gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n",
        "deep/model.bin": pointer(CONTENT), ".lfsconfig": "[lfs]\n\turl = http://127.0.0.1:9/elsewhere\n"})
    made.lfs[hashlib.sha256(CONTENT).hexdigest()] = CONTENT
    browser = Browser(github.dashboard)
    location = browser.get("/signin/github?wants=repositories").headers["Location"]
    assert browser.get(CALLBACK, params=github.authorized(location, "ann")).status_code == 303
    assert browser.post("/repos/github", {"owner": "ann", "name": made.name}, csrf=browser.csrf()).status_code == 303
    return made, stack.api.get(f"/repos/github/{made.path}")["id"]


def built(stack, number: int, lfs: bool) -> tuple[dict, str]:
    """(the run, its log) of a build with that setting."""
    stack.api.call("PATCH", f"/repos/{number}/settings", json={"lfs": lfs})
    ended = stack.wait(stack.api.post(f"/repos/{number}/runs", {"kind": "build", "ref": "main"})["id"])
    return ended, "\n".join(stack.lines(ended["id"], "build.1"))


def test_unless_it_is_asked_for_there_are_pointers_and_the_log_says_so(stack, github, repo):
    _, number = repo
    run, log = built(stack, number, False)
    assert run["state"] == "success", run["reason"]
    assert hashlib.sha256(pointer(CONTENT).encode()).hexdigest() in log and "its files are pointers here" in log
    assert not [path for path, _ in github.world.fetched if path.endswith("/lfs")]


def test_where_it_is_asked_for_the_contents_are_built_with(stack, github, repo):
    """By the grant's token; and not from where the repository's own .lfsconfig would have it."""
    _, number = repo
    run, log = built(stack, number, True)
    assert run["state"] == "success", run["reason"]
    assert hashlib.sha256(CONTENT).hexdigest() in log and "the contents of Git LFS are fetched" in log
    assert [token.account.login for path, token in github.world.fetched if path.endswith("/lfs")] == ["ann"]
    assert not {value for value in github.world.tokens if value in log}


def test_contents_that_are_not_there_end_the_run_in_words(stack, github, repo):
    made, number = repo
    made.lfs.clear()
    github.world.commit(made, {"note.txt": uuid.uuid4().hex})
    run, _ = built(stack, number, True)
    assert run["state"] == "failure" and "the contents of LFS were not fetched" in run["reason"], run["reason"]
    assert "model.bin" in run["reason"] or "does not exist" in run["reason"].lower(), run["reason"]
