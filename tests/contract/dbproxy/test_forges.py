"""Registrations, people's tokens, pull requests, and who is who after a rename at the forge."""

import uuid

import psycopg2
import pytest

from common.wire.errors import Conflict, Forbidden, NotFound

APP = {"kind": "app", "client_id": "Iv1", "app_id": "7", "slug": "ci", "html_url": "https://github.com/apps/ci",
       "sealed": {"dashboard": "ZGFzaA==", "orchestrator": "b3JjaA=="}}
HEAD, NEXT = "a" * 40, "b" * 40
PULL = {"title": "Greet", "author": "eve", "author_id": "9", "head_commit": HEAD, "head_ref": "topic",
        "head_repo_id": "5", "base_ref": "main", "fork": True, "state": "open"}


def test_each_service_sees_its_own_sealed_value_alone(world):
    world.dashboard.put("/v1/forge-apps/github", APP)
    assert world.dashboard.get("/v1/forge-apps/github")["sealed"] == {"dashboard": "ZGFzaA=="}
    seen = world.orchestrator.get("/v1/forge-apps/github")
    assert seen["sealed"] == {"orchestrator": "b3JjaA=="} and seen["slug"] == "ci"
    with pytest.raises(Forbidden):
        world.scanner.get("/v1/forge-apps/github")
    world.dashboard.delete("/v1/forge-apps/github")
    with pytest.raises(NotFound):
        world.dashboard.get("/v1/forge-apps/github")


def test_a_persons_token_is_for_the_orchestrator_alone(world):
    account = signed_in(world, "ann")["id"]
    world.dashboard.put(f"/v1/accounts/{account}/forge-token", {"sealed": "c2VhbGVk", "scopes": ["repo"]})
    kept = world.orchestrator.get(f"/v1/accounts/{account}/forge-token")
    assert (kept["sealed"], kept["scopes"]) == ("c2VhbGVk", ["repo"])
    with pytest.raises(Forbidden):
        world.dashboard.get(f"/v1/accounts/{account}/forge-token")
    world.dashboard.delete(f"/v1/accounts/{account}/forge-token")
    with pytest.raises(NotFound):
        world.orchestrator.get(f"/v1/accounts/{account}/forge-token")
    with pytest.raises(NotFound):
        world.dashboard.put(f"/v1/accounts/{10**9}/forge-token", {"sealed": "c2VhbGVk"})


def test_the_reader_sees_no_sealed_value(world, reader_url):
    world.dashboard.put("/v1/forge-apps/github", APP)
    with psycopg2.connect(reader_url) as reader, reader.cursor() as cursor:
        cursor.execute("SELECT client_id FROM forge_apps")
        assert cursor.fetchone() == ("Iv1",)
        cursor.execute("SELECT count(*) FROM deliveries, pulls, pull_approvals")
        for column in ("forge_apps.sealed", "forge_tokens.sealed"):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(f"SELECT {column} FROM {column.partition('.')[0]}")
            reader.rollback()


def test_a_pull_request_is_approved_for_the_commit_that_was_seen(world):
    path = f"/v1/repos/{world.repo}/pulls/7"
    pull = world.orchestrator.put(path, {**PULL, "comment": "c1"})
    assert pull["approvals"] == [] and pull["run"] is None and pull["fork"] is True
    approved = world.orchestrator.post(f"{path}/approvals", {"commit": HEAD, "actor": "ann"})
    assert [(item["commit"], item["actor"]) for item in approved["approvals"]] == [(HEAD, "ann")]
    moved = world.orchestrator.put(path, {**PULL, "head_commit": NEXT})
    assert moved["comment"] == "c1" and moved["approvals"][0]["commit"] == HEAD
    with pytest.raises(Conflict) as conflict:
        world.orchestrator.post(f"{path}/approvals", {"commit": HEAD, "actor": "ann"})
    assert conflict.value.error == "moved" and NEXT[:12] in conflict.value.detail
    world.orchestrator.put(path, {**PULL, "head_commit": NEXT, "state": "closed"})
    with pytest.raises(Conflict, match="closed"):
        world.orchestrator.post(f"{path}/approvals", {"commit": NEXT, "actor": "ann"})


def test_a_pull_request_tells_its_newest_run_and_lists_filter(world):
    world.orchestrator.put(f"/v1/repos/{world.repo}/pulls/7", PULL)
    world.orchestrator.put(f"/v1/repos/{world.repo}/pulls/8", {**PULL, "state": "closed"})
    run = world.new_run(event="pull_request", ref="refs/pull/7/head", commit=HEAD)
    world.new_run(ref="refs/pull/7/head")                   # a branch of that name is no pull request
    page = world.dashboard.get(f"/v1/repos/{world.repo}/pulls", params={"state": "open"})
    assert [(item["number"], item["run"]["id"]) for item in page["items"]] == [(7, run["id"])]
    assert world.dashboard.get(f"/v1/repos/{world.repo}/pulls", params={"head_commit": NEXT})["total"] == 0
    with pytest.raises(Forbidden):
        world.dashboard.put(f"/v1/repos/{world.repo}/pulls/9", PULL)


def test_a_pull_requests_run_is_no_double_of_a_branchs(world):
    pull = {"event": "pull_request", "commit": HEAD}
    runs = [world.new_run(ref="refs/pull/7/head", **pull)["id"], world.new_run(commit=HEAD)["id"],
            world.new_run(ref="refs/pull/8/head", **pull)["id"]]
    assert len(set(runs)) == 3
    assert world.new_run(ref="refs/pull/7/head", **pull)["id"] == runs[0] and world.new_run(commit=HEAD)["id"] == runs[1]


def signed_in(world, login, number=None, **values):
    return world.dashboard.post("/v1/accounts", {"forge": "github", "login": login,
                                                 "external_id": number or uuid.uuid4().hex, **values})


def test_a_renamed_login_stays_the_same_account(world):
    old, new = (f"login-{uuid.uuid4().hex[:8]}" for _ in range(2))
    number = uuid.uuid4().hex
    first, second = signed_in(world, old, number), signed_in(world, new, number)
    assert second["id"] == first["id"] and second["login"] == new


def test_a_login_that_somebody_else_has_by_now_does_not_open_the_old_account(world):
    login = f"login-{uuid.uuid4().hex[:8]}"
    number = uuid.uuid4().hex
    before, after = signed_in(world, login, number), signed_in(world, login.upper())
    assert after["id"] != before["id"] and after["login"] == login.upper()
    assert signed_in(world, f"{login}-new", number)["id"] == before["id"]


def put_repo(world, name, number, **values):
    return world.orchestrator.put(f"/v1/repos/github/ann/{name}", {"external_id": number, **values})


def test_a_renamed_repository_keeps_its_row_its_app_and_its_runs(world):
    name, number = f"site-{uuid.uuid4().hex[:8]}", uuid.uuid4().hex
    first = put_repo(world, name, number)
    second = put_repo(world, f"{name}-new", number, default_branch="trunk")
    assert (second["id"], second["app"]) == (first["id"], first["app"])
    assert second["name"] == f"{name}-new" and second["default_branch"] == "trunk"


def test_a_name_that_another_repository_has_by_now_does_not_get_the_old_rows_secrets(world):
    name = f"site-{uuid.uuid4().hex[:8]}"
    before = put_repo(world, name, uuid.uuid4().hex)
    after = put_repo(world, name, uuid.uuid4().hex)
    assert after["id"] != before["id"]
    gone = world.dashboard.get(f"/v1/repos/{before['id']}")
    assert gone["name"] == f"{name}~{before['id']}" and gone["state"]["gone"]


def test_a_local_account_is_linked_with_a_person_and_unlinked(world):
    accounts = [world.dashboard.post("/v1/accounts", {"login": f"l{uuid.uuid4().hex[:8]}"})["id"] for _ in range(2)]
    number = uuid.uuid4().hex
    linked = world.dashboard.patch(f"/v1/accounts/{accounts[0]}", {"external_id": number})
    assert linked["external_id"] == number and linked["forge_scopes"] is None
    found = world.dashboard.get("/v1/accounts", params={"forge": "local", "external_id": number})["items"]
    assert [item["id"] for item in found] == [accounts[0]]
    with pytest.raises(Conflict) as taken:
        world.dashboard.patch(f"/v1/accounts/{accounts[1]}", {"external_id": number})
    assert taken.value.error == "linked"
    world.dashboard.patch(f"/v1/accounts/{accounts[0]}", {"external_id": ""})
    assert world.dashboard.patch(f"/v1/accounts/{accounts[1]}", {"external_id": number})["external_id"] == number


def test_what_a_persons_token_may_is_told_with_the_account(world):
    account = signed_in(world, "ann")["id"]
    world.dashboard.put(f"/v1/accounts/{account}/forge-token", {"sealed": "c2VhbGVk", "scopes": ["repo"]})
    assert world.dashboard.get(f"/v1/accounts/{account}")["forge_scopes"] == ["repo"]
    world.dashboard.put(f"/v1/accounts/{account}/forge-token", {"sealed": "c2VhbGVk", "scopes": []})
    assert world.dashboard.get(f"/v1/accounts/{account}")["forge_scopes"] == []
    world.dashboard.delete(f"/v1/accounts/{account}/forge-token")
    assert world.dashboard.get(f"/v1/accounts/{account}")["forge_scopes"] is None


def test_repositories_of_github_are_seen_as_github_says_and_others_as_ever(world):
    account = signed_in(world, "ann")["id"]
    mark = uuid.uuid4().hex[:8]
    repos = {name: world.dashboard.put(f"/v1/repos/{forge}/{mark}/{name}", {"default_branch": "main", "private": private,
                                                                           "description": "", "url": ""})["id"]
             for name, forge, private in (("hers", "github", True), ("others", "github", True), ("open", "local", False),
                                          ("shut", "local", True))}
    world.dashboard.put(f"/v1/repos/{repos['others']}/members/{account}", {"right": "read"})
    seen = world.dashboard.post("/v1/repos/visible", {"account": account, "forge": "github", "theirs": [repos["hers"]]}, params={"q": mark})
    assert {item["name"] for item in seen["items"]} == {"hers", "open"}
    none = world.dashboard.post("/v1/repos/visible", {"account": account, "forge": "github", "theirs": []}, params={"q": mark})
    assert {item["name"] for item in none["items"]} == {"open"}


def test_the_image_of_a_pull_request_is_the_newest_of_no_branch(world):
    pull = world.claimed_run(event="pull_request", ref="refs/pull/7/head")
    world.put_job(pull, "build.1", "success", outputs={"image": "preview"})
    with pytest.raises(NotFound):
        world.orchestrator.get(f"/v1/repos/{world.repo}/newest", params={"stage": "build"})
    found = world.orchestrator.get(f"/v1/repos/{world.repo}/newest", params={"stage": "build", "ref": "refs/pull/7/head"})
    assert found["outputs"] == {"image": "preview"}
