"""A forge that nothing else knows, from the sign-in to the status beside a commit: dashboard and orchestrator ask the
interface alone."""

from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from common.api.forges import ClaimedDelivery
from common.secrets.sealing import new_seal_key
from common.secrets.tokens import new_key
from common.wire.errors import Problem
from dashboard.service import create_app
from dashboard.settings import DashboardSettings
from forges import FORGES
from orchestrator.api.forge_routes import add_forge_routes, add_repo_routes
from orchestrator.background.threads import Threads
from orchestrator.credentials.registry_rights import Images
from orchestrator.credentials.registry_tokens import RegistryTokens
from orchestrator.outbox import Outbox
from orchestrator.outbox.channels import CHANNELS
from orchestrator.runs.conductor import Tools, conduct
from orchestrator.runs.launch import Launcher
from orchestrator.runs.lease import RunLease
from orchestrator.runs.workers import WorkerClient
from orchestrator.scm.connect import Connect
from orchestrator.scm.pulls import Pulls
from orchestrator.scm.ref_sync import RefSync
from orchestrator.scm.repositories import Repositories
from orchestrator.scm.webhooks.handlers import Handlers
from orchestrator.scm.webhooks.processor import WebhookProcessor
from tests.harness.registry import signing
from tests.harness.rows import DELIVERY
from tests.unit.dashboard.conftest import scripts_of_others  # noqa: F401
from tests.unit.dashboard.fakes.known import NOW
from tests.unit.dashboard.fakes.wire import InProcess
from tests.unit.dashboard.world import People
from tests.unit.forges.harbor import Harbor
from tests.unit.orchestrator.fakes import World
from tests.unit.orchestrator.on_github import send_all

NEXT = "d" * 40


@pytest.fixture
def people(monkeypatch):
    """Of a dashboard on which the forge is set up."""
    monkeypatch.setitem(FORGES, "harbor", Harbor)
    keys = {name: new_seal_key()[1] for name in ("dashboard", "orchestrator", "builder")}
    app = create_app(DashboardSettings(
        service_key=new_key()[0], service_public_keys="", secret_key="k" * 40, public_url="https://ci.example",
        seal_public_keys=",".join(f"{name}={key}" for name, key in keys.items()), forges="local,harbor",
        rabbitmq_url="amqp://guest:guest@127.0.0.1:1/%2F"))
    app.config["PREFERRED_URL_SCHEME"] = "https"
    return People(app)


@pytest.fixture
def orchestrator(people):
    """Its parts over the same rows, reached by the dashboard as over the network."""
    forge, world = people.app.extensions["forges"]["harbor"], World()
    db, forges = world.db, {"harbor": forge}
    db.repos, db.accounts, db.deliveries = people.world.repos, people.world.accounts, people.world.deliveries
    outbox = Outbox(db.api, [channel(db.api, forges) for channel in CHANNELS], "https://ci.example", Threads())
    launcher, repositories = Launcher(db.api, forges), Repositories(db.api, forges)
    follower = RefSync(db.api, launcher)
    pulls = Pulls(db.api, launcher, follower)
    connect = Connect(db.api, forges, repositories, follower)
    tools = Tools(db.api, WorkerClient(world.client_of, world.addresses, patience=0.3), world.deployer,
                  Images(world.workers["builder"][0], RegistryTokens(*signing())), forges, Threads(), "")
    app = Flask("orchestrator")
    app.register_error_handler(Problem, lambda problem: ({"error": problem.error, "detail": problem.detail}, problem.status))
    add_forge_routes(app, forges, connect)
    add_repo_routes(app, db.api, forges, connect, pulls)
    people.app.extensions["services"].orchestrator._session().mount("http://", InProcess("orchestrator", app, people.world))
    return SimpleNamespace(db=db, outbox=outbox, tools=tools,
                           desk=WebhookProcessor(db.api, forges, Handlers(db.api, forges, follower, pulls, repositories), repositories, Threads()))


def test_from_the_sign_in_to_the_status(people, orchestrator):
    forge, client = people.app.extensions["forges"]["harbor"], people.app.test_client()
    account = signed_in(people, client)
    people.accounts["wes"] = account
    call = lambda method, path: client.open(f"/api/v1{path}", method=method, headers=people.token("wes"))      # noqa: E731

    connected = call("POST", "/forges/harbor/repos/wes/boat")
    assert connected.status_code == 201, connected.text
    repo = connected.json["id"]
    made = call("PUT", f"/repos/{repo}/webhook")
    assert made.status_code == 200 and made.json["made"] and made.json["events"] == ["moved"], made.text
    assert [url for url, _ in forge.hooks.values()] == [f"https://ci.example/webhooks/harbor/{repo}"]

    delivery = delivered(people, client, forge.push(NEXT))
    orchestrator.desk.judge(ClaimedDelivery.model_validate({**DELIVERY, **delivery}))
    judged = people.world.deliveries[delivery["id"]]
    assert judged["state"] == "done" and judged["run"], judged["outcome"]

    claimed = orchestrator.db.claim()
    assert (claimed.id, claimed.commit, claimed.forge) == (judged["run"], NEXT, "harbor")
    conduct(RunLease(orchestrator.db.api, claimed.id, claimed.fence), orchestrator.tools, claimed)
    send_all(orchestrator.db, orchestrator.outbox)
    assert orchestrator.db.runs[claimed.id]["state"] == "success"
    assert (NEXT, "continuum", "success") in forge.statuses and (NEXT, "continuum/build", "success") in forge.statuses


def signed_in(people, client) -> dict:
    """wes by way of the forge; the account."""
    query = parse_qs(urlsplit(client.get("/signin/harbor").headers["Location"]).query)
    assert query["redirect_uri"] == ["https://ci.example/signin/harbor/callback"]
    assert client.get("/signin/harbor/callback", query_string={"code": "wes", "state": query["state"][0]}).status_code == 303
    (account,) = (item for item in people.world.accounts.values() if item["forge"] == "harbor")
    assert client.get("/api/v1/account").json["login"] == "wes"
    return account


def delivered(people, client, push) -> dict:
    """The row of what the forge sent, as orchestrator claims it; a changed body is refused."""
    url, headers, body = push
    path = urlsplit(url).path
    assert client.post(path, data=body + b" ", headers=headers).status_code == 401
    answer = client.post(path, data=body, headers=headers)
    assert answer.status_code == 202, answer.text
    return {**people.world.deliveries[answer.json["delivery"]], "attempts": 1, "now": NOW}


def test_a_signature_of_another_secret_is_refused_by_its_headers_alone(people, orchestrator):
    assert people.app.test_client().post("/webhooks/harbor/1", data=b"{}").status_code == 401


