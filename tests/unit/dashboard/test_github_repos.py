"""Repositories of GitHub: who sees what, how one is connected, its webhook, deliveries and pull requests."""

import json

import pytest

from dashboard.auth import on_github as calls
from dashboard.auth.identity import hashed

from tests.unit.dashboard.test_github_setup import change
from tests.unit.dashboard.world import csrf_of

HEAD = "a" * 40


@pytest.fixture
def ours(on_github):
    """`wes`, `ros`, `sam` of GitHub with admin, read and nothing on acme/site, a private repository that is connected;
    `ann` owns the installation."""
    world = on_github.world
    repo = world.add_repo("acme", "site")
    repo.update(forge="github", url="https://github.example/acme/site")
    for number, (login, right) in enumerate((("wes", "admin"), ("kim", "write"), ("ros", "read"), ("sam", None)), 201):
        account = on_github.accounts[login] = world.add_account(login)
        account.update(forge="github", external_id=str(number), forge_scopes=["repo"])
        world.github_rights[account["id"], "acme/site"] = right
    on_github.site = repo
    return on_github


def as_person(people, login: str):
    """A call of the API as that person."""
    def call(method: str, path: str, **options):
        return people.app.test_client().open(f"/api/v1{path}", method=method, headers=people.token(login), **options)
    return call


def browser_of(people, login: str):
    """Signed in by cookie, without the way over GitHub."""
    people.world.sessions[hashed(login)] = {"account": people.accounts[login]["id"], "id": 1, "created": None, "seen": None,
                                            "secret_hash": hashed(login)}
    client = people.app.test_client()
    client.set_cookie("__Host-continuum", login, domain="localhost", secure=True, path="/")
    return client


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


def test_a_webhook_that_cannot_be_made_anew_goes_on_as_it_was(ours):
    call, number = as_person(ours, "wes"), ours.site["id"]
    call("PUT", f"/repos/{number}/webhook")
    before = dict(ours.site["settings"]["webhook"])
    ours.world.refuses_hooks = True
    assert call("PUT", f"/repos/{number}/webhook").status_code == 403
    assert ours.world.repos[number]["settings"]["webhook"] == before


def test_an_owner_whom_github_does_not_know_is_told_so_and_stays(ours):
    """Not signed out: it is not their token that is worth nothing, there is none."""
    ours.world.revoked.add(ours.owner["id"])
    client = browser_of(ours, "ann")
    answer = client.post("/repos/github/acme/site/settings/webhook", data={"csrf": csrf_of(client), "do": "make"})
    assert answer.status_code == 403 and "link it to your account" in answer.text
    assert client.get("/account").status_code == 200


def test_the_secret_counts_before_github_has_the_webhook(ours, monkeypatch):
    """Its ping comes at once."""
    number, world = ours.site["id"], ours.world
    seen = []
    real = calls.call

    def noting(actor, method, address, **options):
        seen.extend([dict(world.repos[number]["settings"]["webhook"])] if method == "PUT" else [])
        return real(actor, method, address, **options)
    monkeypatch.setattr(calls, "call", noting)
    as_person(ours, "wes")("PUT", f"/repos/{number}/webhook")
    assert seen[0]["generation"] > 0


def test_no_webhook_where_github_cannot_reach_us(ours, monkeypatch):
    change(ours, monkeypatch, public_url="http://localhost:5000", github_url="https://github.com")
    answer = as_person(ours, "wes")("PUT", f"/repos/{ours.site['id']}/webhook")
    assert answer.status_code == 409 and "comparing branch heads" in answer.json["detail"]


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
