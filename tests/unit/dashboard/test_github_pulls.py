"""Pull requests of forks wait for somebody with write, who approves one commit."""

import pytest

from tests.unit.dashboard.github_visitors import as_person, browser_of
from tests.unit.dashboard.world import csrf_of

HEAD = "a" * 40


@pytest.fixture
def pull(ours) -> dict:
    ours.world.pulls[ours.site["id"], 7] = {
        "number": 7, "title": "Greet <img>", "author": "eve", "author_id": "104", "head_commit": HEAD, "head_ref": "topic",
        "base_ref": "main", "fork": True, "state": "open", "approvals": [], "run": None}
    return ours.world.pulls[ours.site["id"], 7]


def test_a_forks_pull_request_waits_and_names_commit_and_author(ours, pull):
    client = browser_of(ours, "kim")
    assert "1 pull request from forks waits for approval" in client.get("/repos/github/acme/site").text
    assert "waits for approval" in client.get("/repos/github/acme/site/pulls").text
    shown = client.get("/repos/github/acme/site/pulls/7").text
    assert HEAD in shown and "<b>eve</b>" in shown and "id 104" in shown and "Approve and run aaaaaaa by eve" in shown
    assert "<img>" not in shown


def test_approving_lets_that_commit_run(ours, pull):
    client = browser_of(ours, "kim")
    data = {"csrf": csrf_of(client), "commit": HEAD}
    answer = client.post("/repos/github/acme/site/pulls/7/approve", data=data)
    assert answer.status_code == 303 and answer.headers["Location"].startswith("/runs/")
    assert pull["approvals"][0]["actor"] == "kim" and ours.world.audit[0]["action"] == "pull.approve"
    assert "waits" not in client.get("/repos/github/acme/site").text.split("<main")[1]


def test_a_head_that_moved_on_is_not_approved(ours, pull):
    client = browser_of(ours, "kim")
    pull["head_commit"] = "b" * 40
    answer = client.post("/repos/github/acme/site/pulls/7/approve", data={"csrf": csrf_of(client), "commit": HEAD})
    assert answer.headers["Location"] == "/repos/github/acme/site/pulls/7" and pull["approvals"] == []
    api = as_person(ours, "kim")("POST", f"/repos/{ours.site['id']}/pulls/7/approve", json={"commit": HEAD})
    assert api.status_code == 409


@pytest.mark.parametrize("login, status", [("sam", 404), ("ros", 403), ("kim", 201), ("wes", 201)])
def test_approving_needs_write(ours, pull, login, status):
    answer = as_person(ours, login)("POST", f"/repos/{ours.site['id']}/pulls/7/approve", json={"commit": HEAD})
    assert answer.status_code == status
    assert bool(pull["approvals"]) is (status == 201)


def test_a_pull_request_of_the_repository_itself_waits_for_nobody(ours, pull):
    pull["fork"] = False
    assert as_person(ours, "ros")("GET", f"/repos/{ours.site['id']}/pulls").json["items"][0]["waits"] is False


@pytest.mark.parametrize("commit", ["main", "--all", "a" * 39, "$(id)", ""])
def test_a_commit_is_a_hash(ours, pull, commit):
    """S19, S21."""
    answer = as_person(ours, "kim")("POST", f"/repos/{ours.site['id']}/pulls/7/approve", json={"commit": commit})
    assert answer.status_code == 400
