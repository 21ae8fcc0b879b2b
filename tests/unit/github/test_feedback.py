"""Statuses, deployments, comments."""

import pytest


@pytest.fixture()
def head(app, as_):
    return as_("writer").get("/repos/writer/app/commits/main").json()["sha"]


def test_the_newest_status_of_each_context_counts(app, as_, head):
    client = as_("writer")
    for context, state in (("a", "pending"), ("b", "success"), ("a", "success")):
        assert client.post(f"/repos/writer/app/statuses/{head}", {"state": state, "context": context}).status_code == 201
    told = client.get("/repos/writer/app/commits/main/status").json()
    assert (told["state"], told["total_count"]) == ("success", 2)
    assert [each["state"] for each in client.get(f"/repos/writer/app/commits/{head}/statuses").json()] == [
        "success", "success", "pending"]


@pytest.mark.parametrize("given", [{"state": "done"}, {}, {"state": "error", "description": "x" * 141}])
def test_an_odd_status_is_refused(app, as_, head, given):
    assert as_("writer").post(f"/repos/writer/app/statuses/{head}", given).status_code == 422


def test_a_status_needs_the_commit_and_the_right(app, as_, head):
    assert as_("writer").post(f"/repos/writer/app/statuses/{'0' * 40}", {"state": "error"}).status_code == 422
    assert as_("reader").post(f"/repos/writer/app/statuses/{head}", {"state": "error"}).status_code == 404


def test_a_deployment_that_follows_makes_the_one_before_inactive(app, as_, head):
    client, ids = as_("writer"), []
    for _ in range(2):
        made = client.post("/repos/writer/app/deployments", {"ref": head, "environment": "production",
                                                             "required_contexts": [], "auto_merge": False})
        ids.append(made.json()["id"])
        client.post(f"/repos/writer/app/deployments/{ids[-1]}/statuses", {"state": "success"})
    states = [client.get(f"/repos/writer/app/deployments/{each}/statuses").json()[0]["state"] for each in ids]
    assert states == ["inactive", "success"]


def test_a_deployment_waits_for_the_statuses_unless_told_otherwise(app, as_, head):
    client = as_("writer")
    client.post(f"/repos/writer/app/statuses/{head}", {"state": "pending", "context": "continuum"})
    assert client.post("/repos/writer/app/deployments", {"ref": head}).status_code == 409
    assert client.post("/repos/writer/app/deployments", {"ref": head, "required_contexts": []}).status_code == 201


def test_a_comment_is_made_and_changed(github, app, as_):
    github.commit(app, {"a": "b"}, branch="topic")
    pull = github.pull(app, app, "topic", author="writer")
    client, url = as_("writer"), f"/repos/writer/app/issues/{pull.number}/comments"
    made = client.post(url, {"body": "one"}).json()
    assert client("PATCH", f"/repos/writer/app/issues/comments/{made['id']}", json={"body": "two"}).status_code == 200
    assert [each["body"] for each in client.get(url).json()] == ["two"]
    assert client.post("/repos/writer/app/issues/99/comments", {"body": "x"}).status_code == 404
    assert as_("reader")("PATCH", f"/repos/writer/app/issues/comments/{made['id']}", json={"body": "x"}).status_code == 404


@pytest.mark.parametrize("login,status", [("writer", 201), ("reader", 404), ("stranger", 404)])
def test_a_webhook_needs_an_admin(app, as_, login, status):
    assert as_(login).post("/repos/writer/app/hooks", {"config": {"url": "http://localhost:1"}}).status_code == status


def test_a_webhook_is_there_once(app, as_):
    client, given = as_("writer"), {"config": {"url": "http://localhost:1", "content_type": "json"}}
    assert client.post("/repos/writer/app/hooks", given).status_code == 201
    again = client.post("/repos/writer/app/hooks", given)
    assert again.status_code == 422 and "already exists" in again.text
