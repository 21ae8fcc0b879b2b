"""The routes about forges: connecting, webhooks, rights, approvals."""

import pytest
from flask import Flask
from pydantic import SecretStr

from common.secrets.sealing import new_seal_key, unseal
from common.wire.errors import Problem, Unauthorized, Unavailable
from forges import Grant
from orchestrator.api.forge_routes import add_forge_routes, add_repo_routes
from orchestrator.background.threads import Threads
from orchestrator.credentials.registry_rights import Images
from orchestrator.credentials.registry_tokens import RegistryTokens
from orchestrator.runs.conductor import Tools, conduct
from orchestrator.runs.lease import RunLease
from orchestrator.runs.workers import WorkerClient
from orchestrator.scm.connect import Connect
from tests.harness.registry import signing
from tests.unit.orchestrator.fakes import OUTPUTS, World
from tests.unit.orchestrator.hub import NEXT, THIRD, HubWorld

SECRET = "s" * 40
HOOK = {"url": "https://ci.example.org/webhooks/github/1", "secret": SECRET, "generation": 3, "account": 3, "actor": "ann"}


@pytest.fixture
def world():
    world = HubWorld()
    for number, login in ((3, "ann"), (4, "eve")):
        world.db.accounts[number] = {"id": number, "login": login, "role": "user", "forge": "github"}
    world.hub.rights = {"ann": "admin", "eve": "read"}
    return world


@pytest.fixture
def client(world):
    app, forges = Flask("test"), {"github": world.hub}
    connect = Connect(world.db.api, forges, world.repositories, world.follower)
    add_forge_routes(app, forges, connect)
    add_repo_routes(app, world.db.api, forges, connect, world.pulls)
    app.register_error_handler(Problem, lambda problem: ({"error": problem.error, "detail": problem.detail},
                                                         problem.status))
    return app.test_client()


def test_connecting_remembers_who_and_starts_no_run(client, world):
    world.db.repos.clear()
    world.hub.heads["topic"] = NEXT
    answer = client.post("/v1/forges/github/repos/ada/hello", json={"account": 3})
    assert answer.status_code == 201 and answer.json["state"]["forge_account"] == 3
    (row,) = world.db.repos.values()
    assert row["external_id"] == "5" and "refs/heads/topic" in row["last_heads"] and world.runs() == []
    client.post("/v1/forges/github/repos/ada/hello", json={"account": 3})
    assert len(world.db.repos) == 1


def test_connecting_again_keeps_what_was_seen(client, world):
    world.hub.heads["main"] = NEXT
    client.post("/v1/forges/github/repos/ada/hello", json={"account": 3})
    assert world.push()["run"] == 1          # the push before it was not swallowed


@pytest.mark.parametrize("account, status", [(4, 403), (99, 404)])
def test_whoever_may_not_write_connects_nothing(client, world, account, status):
    answer = client.post("/v1/forges/github/repos/ada/hello", json={"account": account})
    assert answer.status_code == status and world.repo["state"] == {"forge_account": 3}


def test_the_right_is_the_forges_word(client, world):
    ask = lambda account: client.get(f"/v1/forges/github/repos/ada/hello/right?account={account}").json  # noqa: E731
    assert (ask(3), ask(4), ask(99)) == ({"right": "admin"}, {"right": "read"}, {"right": None})
    world.hub.problem = Unauthorized("sign in again")
    assert client.get("/v1/forges/github/repos/ada/hello/right?account=3").status_code == 401


def test_a_webhook_is_made_by_the_person_and_its_secret_kept_nowhere(client, world):
    world.repo["state"]["webhook"] = {"generation": 2}
    answer = client.put("/v1/repos/1/webhook", json=HOOK).json
    assert answer["id"] and answer["url"] == HOOK["url"] and "push" in answer["events"]
    assert world.hub.told == [("hook", HOOK["url"], SECRET, "ann")]
    kept = world.repo["state"]["webhook"]
    assert (kept["id"], kept["generation"], kept["by"]) == (answer["id"], 3, "ann") and SECRET not in str(world.db.writes)
    assert client.delete("/v1/repos/1/webhook", json={"generation": 4, "account": 3, "actor": "ann"}).status_code == 200
    assert world.repo["state"]["webhook"] == {"generation": 4} and world.hub.told[-1] == ("no hook", "1", "ann")


def test_the_secret_counts_before_the_forge_has_the_webhook(client, world, monkeypatch):
    """Its ping comes at once."""
    seen, real = [], world.hub.add_webhook
    monkeypatch.setattr(world.hub, "add_webhook",
                        lambda *given: seen.append(dict(world.repo["state"]["webhook"])) or real(*given))
    assert client.put("/v1/repos/1/webhook", json=HOOK).status_code == 200
    assert seen[0]["generation"] == 3 and "id" not in seen[0]


def test_a_webhook_that_the_forge_refuses_goes_on_as_it_was(client, world):
    """What it signs with is the secret of before."""
    client.put("/v1/repos/1/webhook", json=HOOK)
    before = dict(world.repo["state"]["webhook"])
    world.hub.problem = Unavailable("the forge is away")
    assert client.put("/v1/repos/1/webhook", json={**HOOK, "generation": 9}).status_code == 503
    assert world.repo["state"]["webhook"] == before


def test_two_who_change_a_webhook_at_once_take_turns(client, world, monkeypatch):
    """Otherwise one's secret stays at the forge and the other's generation here, and each delivery is refused."""
    met, real = [], world.hub.add_webhook

    def interrupted(*given):
        if not met:
            met.append(None)
            met[0] = client.put("/v1/repos/1/webhook", json={**HOOK, "generation": 5}).status_code
        return real(*given)
    monkeypatch.setattr(world.hub, "add_webhook", interrupted)
    assert client.put("/v1/repos/1/webhook", json=HOOK).status_code == 200 and met == [409]
    assert world.repo["state"]["webhook"]["generation"] == 3
    assert client.put("/v1/repos/1/webhook", json={**HOOK, "generation": 6}).status_code == 200, "the turn was given back"


@pytest.mark.parametrize("change", [{"url": "file:///etc/passwd"}, {"url": "ext::sh -c id"}, {"secret": "short"},
                                    {"account": None}])
def test_hooks_that_cannot_be_are_refused(client, change):
    assert client.put("/v1/repos/1/webhook", json={**HOOK, **change}).status_code == 400


def test_an_approval_needs_the_right_to_write_and_the_head_that_was_seen(client, world):
    world.hub.files = {"main": "on: {pull_request: true}"}
    world.open_pull(fork=True)
    world.deliver("pull_request", {"action": "opened", "number": 7})
    path = "/v1/repos/1/pulls/7/approve"
    assert client.post(path, json={"commit": NEXT, "account": 4, "actor": "eve"}).status_code == 403
    assert client.post(path, json={"commit": THIRD, "account": 3, "actor": "ann"}).status_code == 409
    assert world.runs() == []
    answer = client.post(path, json={"commit": NEXT, "account": 3, "actor": "ann"})
    assert answer.status_code == 201 and answer.json["event"] == "pull_request"


def test_who_acts_is_told(client, world):
    assert client.get("/v1/forges/github/grant?repo=1").json == {"kind": "none", "who": None}
    world.hub.token = Grant(SecretStr("t"), "person", "ann")
    assert client.get("/v1/forges/github/grant?repo=1").json == {"kind": "person", "who": "ann"}
    assert client.get("/v1/forges/local/grant?repo=1").status_code == 404

    def refuse(*_):
        raise Unauthorized("ann has to sign in again")
    world.hub.grant = refuse
    assert client.get("/v1/forges/github/grant?repo=1").json["problem"] == "ann has to sign in again"


class Played:
    """One run on a hub, as its builder saw it."""

    def __init__(self, grant):
        hub, world = HubWorld(), World()
        world.db.repos, self.seen = hub.db.repos, {}
        self.private, public = new_seal_key()
        hub.hub.grant = grant

        def build(inputs, log, cancel):
            self.seen["clone"] = inputs.clone
            return OUTPUTS["build"]
        world.work["build"] = build
        tools = Tools(world.db.api, WorkerClient(world.client_of, world.addresses, patience=0.3), world.deployer,
                      Images(world.workers["builder"][0], RegistryTokens(*signing())),
                      {"github": hub.hub}, Threads(), public)
        self.run = world.db.runs[world.db.new_run("build", forge="github")]
        claimed = world.db.claim()
        conduct(RunLease(tools.db, claimed.id, claimed.fence), tools, claimed)
        self.jobs = world.db.jobs


def test_builder_gets_the_grants_token_sealed_and_nobody_else_keeps_it():
    played = Played(lambda *_: Grant(SecretStr("the-token"), "person", "ann"))
    assert unseal(played.seen["clone"].sealed_token, played.private) == "the-token"
    assert "the-token" not in str(played.jobs) and "sealed_token" not in str(played.jobs)


def test_without_a_grant_the_build_says_who_has_to_do_what():
    def refuse(*_):
        raise Unauthorized("ann has to sign in again")
    played = Played(refuse)
    assert played.run["state"] == "failure" and "ann has to sign in again" in played.run["reason"]
