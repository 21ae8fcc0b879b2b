"""Repositories of GitHub: who sees what, how one is connected, its webhook and its deliveries."""

import json
import re
from datetime import datetime, timedelta, timezone

import pytest

from tests.unit.dashboard.github_visitors import as_person, browser_of
from tests.unit.dashboard.test_github_setup import change
from tests.unit.dashboard.test_webhooks import register
from tests.unit.dashboard.world import csrf_of


@pytest.mark.parametrize("login, seen, run", [("wes", 200, 201), ("kim", 200, 201), ("ros", 200, 403), ("sam", 404, 404)])
def test_rights_are_githubs(ours, login, seen, run):
    call = as_person(ours, login)
    number = ours.site["id"]
    assert call("GET", f"/repos/{number}").status_code == seen
    assert call("POST", f"/repos/{number}/runs", json={"kind": "full"}).status_code == run
    listed = call("GET", "/repos").json["items"]
    assert [item["right"] for item in listed] == ([ours.world.github_rights[ours.accounts[login]["id"], "acme/site"]]
                                                  if seen == 200 else [])


def test_who_loses_it_on_github_loses_it_here(ours):
    call = as_person(ours, "wes")
    ours.world.github_rights[ours.accounts["wes"]["id"], "acme/site"] = None
    lost, unknown = call("GET", f"/repos/{ours.site['id']}"), call("GET", "/repos/99999")
    assert lost.status_code == unknown.status_code == 404 and lost.json["detail"] == unknown.json["detail"]
    assert call("GET", "/repos").json["items"] == []


def test_a_right_that_cannot_be_asked_for_is_none(ours):
    ours.world.down.add("orchestrator")
    assert as_person(ours, "wes")("GET", f"/repos/{ours.site['id']}").status_code == 503


def test_a_local_account_has_local_rights_there(ours):
    ada = ours.accounts["ada"]
    assert as_person(ours, "ada")("GET", f"/repos/{ours.site['id']}").status_code == 404
    ours.world.members[ours.site["id"], ada["id"]] = "read"
    assert as_person(ours, "ada")("GET", f"/repos/{ours.site['id']}").status_code == 200


def test_the_list_has_connected_ones_first_with_what_is_known(ours):
    ours.world.theirs = [{"owner": "wes", "name": "alpha", "private": False, "default_branch": "trunk", "dockerfile": False},
                         {"owner": "acme", "name": "site", "private": True, "default_branch": "main", "dockerfile": True},
                         {"owner": "wes", "name": "beta", "private": True, "default_branch": "main", "dockerfile": None}]
    ours.world.rate = {"limit": 5000, "remaining": 100, "resets": None, "paused_until": None}
    client = browser_of(ours, "wes")
    shown = client.get("/repos/github").text
    assert [shown.index(word) for word in ("site", "alpha", "beta")] == sorted(shown.index(w) for w in ("site", "alpha", "beta"))
    assert "connected" in shown and 'aria-label="Connect wes/alpha"' in shown and "Connect acme/site" not in shown
    assert "not looked yet" in shown and "5,000 calls an hour 100 are left" in shown
    assert [item["repo"] for item in as_person(ours, "wes")("GET", "/forges/github/repos").json["items"]] == [
        ours.site["id"], None, None]
    assert "alpha" not in client.get("/repos/github?q=beta").text


def test_more_is_asked_for_in_words_when_the_list_needs_it(ours):
    ours.accounts["wes"]["forge_scopes"] = []
    shown = browser_of(ours, "wes").get("/repos/github").text
    assert "private ones too" in shown and "wants=repositories" in shown and "Connect" not in shown.split("<main")[1]


def test_connecting_registers_makes_the_webhook_and_says_so(ours):
    ours.world.github_rights[ours.accounts["wes"]["id"], "acme/new"] = "admin"
    client = browser_of(ours, "wes")
    answer = client.post("/repos/github", data={"csrf": csrf_of(client), "owner": "acme", "name": "new"})
    assert answer.headers["Location"] == "/repos/github/acme/new"
    made = next(repo for repo in ours.world.repos.values() if repo["name"] == "new")
    hook = ours.world.hooks[made["id"]]
    assert hook["url"] == f"https://ci.example/webhooks/github/{made['id']}" and len(hook["secret"]) == 64
    assert hook["account"] == ours.accounts["wes"]["id"]
    shown = json.dumps([ours.world.repos, ours.world.audit], default=str) + client.get("/repos/github/acme/new").text
    assert hook["secret"] not in shown


@pytest.mark.parametrize("right, status", [(None, 404), ("read", 403), ("write", 201)])
def test_connecting_needs_push(ours, right, status):
    ours.world.github_rights[ours.accounts["sam"]["id"], "acme/new"] = right
    assert as_person(ours, "sam")("POST", "/forges/github/repos/acme/new").status_code == status


@pytest.mark.parametrize("owner, name", [("--upload-pack=x", "y"), ("a", "-h"), ("a", "ext::sh -c id"), ("a", "x;id"),
                                         ("a", "$(id)"), ("a\n", "x"), ("..", "x"), ("a", "file:///etc")])
def test_names_that_would_be_options_or_protocols_are_refused(ours, owner, name):
    """S19, S20, S21."""
    client = browser_of(ours, "wes")
    ours.world.calls.clear()
    client.post("/repos/github", data={"csrf": csrf_of(client), "owner": owner, "name": name})
    assert not [call for call in ours.world.calls if call[0] == "orchestrator"]


def test_making_the_webhook_anew_changes_its_secret(ours):
    call, number = as_person(ours, "wes"), ours.site["id"]
    assert call("PUT", f"/repos/{number}/webhook").status_code == 200
    first = ours.world.hooks[number]["secret"]
    answer = call("PUT", f"/repos/{number}/webhook")
    assert answer.json["made"] and ours.world.hooks[number]["secret"] != first and first not in answer.text
    assert call("DELETE", f"/repos/{number}/webhook").status_code == 204
    assert call("GET", f"/repos/{number}/webhook").json["made"] is False
    assert call("PUT", f"/repos/{number}/webhook").status_code == 200 and ours.world.hooks[number]["secret"] != first


@pytest.mark.parametrize("status", [403, 503])
def test_a_webhook_that_cannot_be_made_anew_goes_on_as_it_was(ours, status):
    """Also while GitHub is down: what it signs with is the secret of before."""
    call, number = as_person(ours, "wes"), ours.site["id"]
    call("PUT", f"/repos/{number}/webhook")
    before = dict(ours.site["settings"]["webhook"])
    ours.world.refuses_hooks = status
    assert call("PUT", f"/repos/{number}/webhook").status_code == status
    assert ours.world.repos[number]["settings"]["webhook"] == before


def test_an_owner_whom_github_does_not_know_is_told_so_and_stays(ours):
    """Not signed out: it is not their token that is worth nothing, there is none."""
    ours.world.revoked.add(ours.owner["id"])
    client = browser_of(ours, "ann")
    answer = client.post("/repos/github/acme/site/settings/webhook", data={"csrf": csrf_of(client), "do": "make"})
    assert answer.status_code == 403 and "link it to your account" in answer.text
    assert client.get("/account").status_code == 200


def test_the_dashboard_writes_no_webhook_setting_itself(ours):
    """It has one writer, orchestrator: two undid each other's changes."""
    call, number = as_person(ours, "wes"), ours.site["id"]
    ours.world.calls.clear()
    for method in ("PUT", "PUT", "DELETE"):
        assert call(method, f"/repos/{number}/webhook").status_code in (200, 204)
    assert not [(method, path) for name, method, path in ours.world.calls if name == "dbproxy" and method == "PATCH"]


def test_no_webhook_where_github_cannot_reach_us(ours, monkeypatch):
    change(ours, monkeypatch, public_url="http://localhost:5000", github_url="https://github.com")
    answer = as_person(ours, "wes")("PUT", f"/repos/{ours.site['id']}/webhook")
    assert answer.status_code == 409 and "comparing branch heads" in answer.json["detail"]


def test_where_the_app_tells_of_pushes_a_repository_needs_no_webhook(ours, monkeypatch, keys):
    """GitHub would answer 403: an App may make none."""
    change(ours, monkeypatch, github_client_id="", github_client_secret=None)
    register(ours, keys, "w" * 32)
    ours.world.grant = {"kind": "installation", "who": "continuum-ci"}
    call, number = as_person(ours, "wes"), ours.site["id"]
    told = call("GET", f"/repos/{number}/webhook").json
    assert told["by_app"] and not told["made"]
    refused = call("PUT", f"/repos/{number}/webhook")
    assert refused.status_code == 409 and "the App's own webhook" in refused.json["detail"]
    shown = browser_of(ours, "wes").get("/repos/github/acme/site/settings").text
    assert "with the GitHub App: it tells of every push" in shown and "Make the webhook" not in shown
    register(ours, keys, None)
    assert not call("GET", f"/repos/{number}/webhook").json["by_app"], "made where GitHub cannot reach us"


@pytest.mark.parametrize("made, last, told", [(3600, None, True), (3600, 7200, True), (3600, 3599, False), (5, None, False),
                                              (86400 * 40, None, False)])
def test_a_webhook_from_which_nothing_came_is_told(ours, made, last, told):
    """`made`, `last`: seconds ago. PUBLIC_URL looks right, and GitHub does not reach it all the same."""
    def ago(seconds):
        return (datetime.now(timezone.utc) - timedelta(seconds=seconds)).isoformat()
    number = ours.site["id"]
    ours.site["settings"]["webhook"] = {"id": 7, "generation": 4, "at": ago(made)}
    if last is not None:
        ours.world.deliveries[5] = {"id": 5, "repo": number, "guid": "g", "event": "ping", "action": None, "state": "done",
                                    "outcome": "", "run": None, "attempts": 1, "received": ago(last), "ended": None}
    shown = browser_of(ours, "wes").get("/repos/github/acme/site/settings").text
    assert ("first delivery has not arrived" in shown) is told and "Make it anew" in shown


def test_webhooks_are_for_repositories_of_github(ours):
    assert as_person(ours, "ada")("GET", f"/repos/{ours.repo['id']}/webhook").status_code == 400


def test_the_settings_page_tells_and_changes(ours):
    number = ours.site["id"]
    ours.world.deliveries[5] = {"id": 5, "repo": number, "guid": "g", "event": "ping", "action": None, "state": "done",
                                "outcome": "the webhook answers", "run": None, "attempts": 1, "received": None, "ended": None}
    client = browser_of(ours, "wes")
    shown = client.get("/repos/github/acme/site/settings").text
    assert "Last delivery: ping" in shown and "the webhook answers" in shown and "ann, by the token of their sign-in" in shown
    assert "Make the webhook" in shown
    data = {"csrf": csrf_of(client), "statuses": "on", "lfs": "on"}
    assert client.post("/repos/github/acme/site/settings/github", data=data).status_code == 303
    kept = ours.world.repos[number]["settings"]
    assert kept["feedback"] == {"statuses": True, "deployments": False, "comment": False, "checks": False}
    assert (kept["submodules"], kept["lfs"]) == (False, True)
    assert client.post("/repos/github/acme/site/settings/webhook", data={**data, "do": "make"}).status_code == 303
    assert number in ours.world.hooks
    client.post("/repos/github/acme/site/settings/webhook", data={**data, "do": "remove"})
    assert number not in ours.world.hooks


def test_a_form_that_is_sent_as_it_came_changes_nothing(ours):
    """Submodules are fetched where nobody said anything of them."""
    client = browser_of(ours, "wes")
    shown = client.get("/repos/github/acme/site/settings").text
    boxes = dict.fromkeys(re.findall(r'type="checkbox" name="(\w+)" checked', shown), "on")
    client.post("/repos/github/acme/site/settings/github", data={"csrf": csrf_of(client), **boxes})
    kept = ours.world.repos[ours.site["id"]]["settings"]
    assert set(kept["feedback"].values()) == {True} and (kept["submodules"], kept["lfs"]) == (True, False)


def test_settings_change_what_is_named_and_nothing_else(ours):
    call, number = as_person(ours, "wes"), ours.site["id"]
    ours.site["settings"].update(webhook={"generation": 4}, feedback={"comment": False})
    call("PATCH", f"/repos/{number}/settings", json={"feedback": {"statuses": False}})
    assert ours.world.repos[number]["settings"] == {"webhook": {"generation": 4},
                                                    "feedback": {"comment": False, "statuses": False}}


def test_deliveries_with_what_became_of_them_and_once_more(ours):
    number, world = ours.site["id"], ours.world
    for key, repo in ((5, number), (6, ours.repo["id"])):
        world.deliveries[key] = {"id": key, "repo": repo, "guid": f"g{key}", "event": "push", "action": None, "state": "done",
                                 "outcome": "<b>run 7</b> started", "run": 7, "attempts": 1, "received": None, "ended": None}
    client = browser_of(ours, "kim")
    shown = client.get("/repos/github/acme/site/deliveries").text
    assert "&lt;b&gt;run 7&lt;/b&gt; started" in shown and 'href="/runs/7"' in shown and shown.count("Process again") == 1
    answer = client.post("/repos/github/acme/site/deliveries/5/again", data={"csrf": csrf_of(client)})
    assert answer.status_code == 303 and world.again == [(5, "kim")]
    call = as_person(ours, "kim")
    assert call("POST", f"/repos/{number}/deliveries/6/again").status_code == 404, "another repository's"
    assert as_person(ours, "ros")("GET", f"/repos/{number}/deliveries").status_code == 403


@pytest.fixture
def many(ours):
    """500 private repositories that are connected, on all of which wes may write; `asked()` counts calls since the last time."""
    account = ours.accounts["wes"]["id"]
    for number in range(500):
        ours.world.add_repo("acme", f"repo-{number}").update(forge="github", external_id=str(1000 + number))
        ours.world.github_rights[account, f"acme/repo-{number}"] = "write"

    def asked(service):
        found = [path for name, _, path in ours.world.calls if name == service]
        ours.world.calls.clear()
        return found
    ours.asked = asked
    asked("")
    return ours


def test_the_list_of_repositories_asks_once_however_many_there_are(many):
    answer = as_person(many, "wes")("GET", "/repos?per_page=100").json
    assert answer["total"] == 501 and {item["right"] for item in answer["items"]} == {"write", "admin"}
    assert many.asked("orchestrator") == [f"/v1/forges/github/rights?account={many.accounts['wes']['id']}"]
    as_person(many, "wes")("GET", "/repos")
    assert len(many.asked("dbproxy")) < 10


def test_what_an_old_list_shows_is_asked_for_once_more_and_no_more_than_that(many):
    """Right behind the list's back: what GitHub took away meanwhile is not shown for a minute longer."""
    account = many.accounts["wes"]["id"]
    many.world.listed_rights = dict(many.world.github_rights)
    many.world.github_rights[account, "acme/repo-3"] = None
    many.world.github_rights[account, "acme/repo-4"] = "read"
    items = {item["name"]: item["right"] for item in as_person(many, "wes")("GET", "/repos?per_page=20").json["items"]}
    assert "repo-3" not in items and items["repo-4"] == "read" and len(items) == 19
    assert len(many.asked("orchestrator")) == 1 + 20


def test_whoever_github_lists_nothing_for_sees_nothing(many):
    assert as_person(many, "sam")("GET", "/repos").json["items"] == []
