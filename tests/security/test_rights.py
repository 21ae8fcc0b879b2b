"""S8, S12, S13: what belongs to another. Every route that names a repository is tried, as the app itself lists them."""

from __future__ import annotations

import re

import pytest
import requests

from tests.harness.apps import steady
from tests.harness.dates import in_days
from tests.security import people, routes

SOMEWHERE = 10**12      # an id that nothing has
# Addresses that name a repository and ask for no right on it, and what they ask for instead.
GUARDED_OTHERWISE = {
    "POST /api/v1/forges/<hub:forge>/repos/<name:owner>/<name:name>": "it is not connected yet: the right at the forge, in api.own_repos",
    "PATCH /api/v1/repos/<id:repo>/limits": "only owners of the installation, who may do everything",
    "POST /repos/<forge:forge>/<name:owner>/<name:name>/settings/limits": "likewise",
    "POST /webhooks/<hub:forge>/<id:repo>": "the forge's signature, in webhooks.routes",
}


@pytest.fixture(scope="module")
def all_routes(platform):
    return routes.of(platform)


@pytest.fixture(scope="module")
def on_repo(all_routes):
    return [route for route in all_routes if route.on_repo]


@pytest.fixture(scope="module")
def theirs(stack):
    """Ids of things of a private repository: they exist, and are not the stranger's."""
    repo = stack.repo_of(steady())
    run = stack.wait(repo.run()["id"])
    assert run["state"] == "success", run["reason"]
    stack.api.put(f"/repos/{repo.id}/secrets/A_KEY", {"value": "something secret", "use": ["deploy"]})
    waiver = stack.api.post(f"/repos/{repo.id}/waivers", {"vulnerability": "CVE-2026-0001", "reason": "a test's",
                                                         "until": in_days(30)})
    member = people.sign_up(stack)
    return {"repo": repo.id, "forge": "local", "owner": repo.owner, "name": repo.name, "run": run["id"],
            "deployment": repo.deployments()[0]["id"], "digest": repo.deployments()[0]["digest"], "waiver": waiver["id"], "account": member.id}


@pytest.fixture(scope="module")
def unknown():
    return {"repo": SOMEWHERE, "forge": "local", "owner": "nobody", "name": "nothing", "run": SOMEWHERE,
            "deployment": SOMEWHERE, "waiver": SOMEWHERE, "account": SOMEWHERE}


def member_with(stack, repo: int, right: str) -> people.Person:
    person = people.sign_up(stack)
    stack.api.put(f"/repos/{repo}/members/{person.id}", {"right": right})
    return person


@pytest.fixture(scope="module")
def members(stack, theirs):
    return {right: member_with(stack, theirs["repo"], right) for right in ("read", "write")}


def ask(url: str, route: routes.Route, values: dict, token: str | None) -> requests.Response:
    """The answer; of a stream its head alone, since it would go on."""
    with people.call(url, route.method, route.address(values), token, stream=True) as answer:
        if not answer.headers.get("Content-Type", "").startswith("text/event-stream"):
            answer.content      # noqa: B018 - read before the connection goes
        return answer


def statuses(url: str, wanted: list[routes.Route], values: dict, token: str | None) -> dict[str, int]:
    assert wanted, "no such route: this would say nothing"
    return {str(route): ask(url, route, values, token).status_code for route in wanted}


def others(found: dict[str, int], *expected: int) -> dict[str, int]:
    return {route: status for route, status in found.items() if status not in expected}


def test_every_route_declares_its_right(all_routes, on_repo):
    """Holds: deny by default; and whoever names a repository asks for a right on it."""
    assert len(on_repo) > 40
    assert [str(route) for route in all_routes if route.right is None] == []
    named = {str(route) for route in all_routes if route.names & routes.ON_REPO}
    assert named - set(GUARDED_OTHERWISE) == {str(route) for route in on_repo}


def test_a_stranger_finds_nothing_of_theirs(on_repo, theirs, unknown, stranger):
    """Holds: rights._check_repo: 404, in the same words as for what does not exist (S8)."""
    for route in on_repo:
        found, nothing = (ask(stranger.url, route, values, stranger.token) for values in (theirs, unknown))
        assert (found.status_code, nothing.status_code) == (404, 404), str(route)
        assert told(found, route.address(theirs)) == told(nothing, route.address(unknown)), str(route)


def told(answer: requests.Response, address: str) -> str:
    """The answer without its own number, the address that was asked for, and the token that is new in each page."""
    text = answer.text.replace(answer.headers["X-Request-Id"], "").replace(address, "")
    return re.sub(r"\b[0-9a-f]{128}\b", "", text)


def test_nobody_finds_nothing(stack, all_routes, theirs):
    """Holds: rights._admit: without an account a call is 401 and a page leads to the sign-in."""
    closed = [route for route in all_routes if route.right != "public"]
    calls = [route for route in closed if route.rule.startswith(("/api/", "/metrics"))]
    assert others(statuses(stack.api.url, calls, theirs, None), 401) == {}
    for route in set(closed) - set(calls):
        answer = ask(stack.api.url, route, theirs, None)
        assert answer.status_code == 302 and answer.headers["Location"].startswith("/signin?next="), str(route)


def test_a_reader_changes_nothing(on_repo, theirs, members):
    """Holds: the order of rights: what one may see and not do is 403 (S12: secrets and settings too)."""
    wanted = [route for route in on_repo if route.right != "read"]
    assert others(statuses(members["read"].url, wanted, theirs, members["read"].token), 403) == {}


def test_a_writer_administers_nothing(on_repo, theirs, members):
    """Holds: the same, one right further."""
    wanted = [route for route in on_repo if route.right == "admin"]
    assert others(statuses(members["write"].url, wanted, theirs, members["write"].token), 403) == {}


def test_a_reader_reads(on_repo, theirs, members):
    """The control: the same routes answer somebody who may (404: the run has no SBOM of that digest)."""
    wanted = [route for route in on_repo if route.right == "read" and route.method == "GET"]
    found = statuses(members["read"].url, wanted, theirs, members["read"].token)
    assert others(found, 200, 404) == {}
    assert list(found.values()).count(200) > len(found) * 0.8, others(found, 200)


def test_what_is_for_owners_is_for_owners(all_routes, theirs, stranger):
    """Holds: right "owner": accounts, audit, metrics, the forge's list (S12)."""
    wanted = [route for route in all_routes if route.right == "owner"]
    assert others(statuses(stranger.url, wanted, theirs, stranger.token), 403) == {}


def test_a_right_taken_away_is_gone_at_once(stack, theirs):
    """Holds: rights are asked at each use."""
    person = member_with(stack, theirs["repo"], "read")
    assert person.call("GET", f"/repos/{theirs['repo']}").status_code == 200
    stack.api.delete(f"/repos/{theirs['repo']}/members/{person.id}")
    assert person.call("GET", f"/repos/{theirs['repo']}").status_code == 404


def test_a_member_sees_one_repository_and_no_other(theirs, members, stranger):
    """Holds: the filter of the list."""
    assert [item["id"] for item in members["read"].call("GET", "/repos").json()["items"]] == [theirs["repo"]]
    assert stranger.call("GET", "/repos").json()["items"] == []
    assert stranger.call("GET", "/runs").status_code == 404
    for topics in (f"repo:{theirs['repo']}", f"run:{theirs['run']}"):
        assert stranger.call("GET", "/events", params={"topics": topics}).status_code == 404
    with stranger.call("GET", "/events", params={"topics": f"status,repo:{theirs['repo']}"}, stream=True) as answer:
        ready = next(line for line in answer.iter_lines() if b"refused" in line)
        assert answer.status_code == 200 and f'"refused":["repo:{theirs["repo"]}"]'.encode() in ready


@pytest.fixture(scope="module")
def reading_token(stack) -> str:
    """The owner's own, so nothing but its scope is in the way."""
    settings = stack.api.settings
    return people.token_of(stack.api.url, settings["OWNER_LOGIN"], "read", settings["OWNER_PASSWORD"])


def test_a_token_that_reads_does_not_write(stack, all_routes, theirs, reading_token):
    """Holds: scopes (S13), on every route that changes something."""
    writes = [route for route in all_routes if route.method != "GET" and route.right != "public"]
    assert others(statuses(stack.api.url, writes, theirs, reading_token), 403) == {}


def test_a_token_that_reads_reads(stack, theirs, reading_token):
    """The control; and such a token makes no stronger one."""
    assert people.call(stack.api.url, "GET", f"/api/v1/repos/{theirs['repo']}", reading_token).status_code == 200
    stronger = people.call(stack.api.url, "POST", "/api/v1/tokens", reading_token, json={"name": "x", "scope": "admin"})
    assert stronger.status_code == 403
