"""The REST API over the fakes."""

import pytest
from flask import Flask

from common.secrets.sealing import new_seal_key
from common.secrets.tokens import Signer, new_key
from common.wire.errors import Problem
from orchestrator.api.forge_routes import add_forge_routes, add_repo_routes
from orchestrator.api.routes import add_deployment_routes, add_run_routes
from orchestrator.api.status import Status
from orchestrator.background.threads import Threads
from orchestrator.credentials.registry_rights import Images
from orchestrator.credentials.registry_tokens import RegistryTokens
from orchestrator.runs.claimer import RunClaimer
from orchestrator.runs.launch import Launcher
from orchestrator.runs.sweep import Sweep
from orchestrator.runs.workers import WorkerClient
from orchestrator.scm.connect import Connect
from orchestrator.scm.pulls import Pulls
from orchestrator.scm.ref_sync import RefSync
from orchestrator.scm.repositories import Repositories
from orchestrator.service import create_app
from orchestrator.settings import OrchestratorSettings
from tests.harness.registry import signing


@pytest.fixture
def client(world):
    app, fleet = Flask("test"), WorkerClient(world.client_of, world.addresses, patience=0.1)
    launcher = Launcher(world.db.api, {"local": world.forge})
    claims = RunClaimer(world.db.api, lambda hold, run: None, Threads(), slots=1)
    add_run_routes(app, launcher, Status(fleet, claims, Sweep(world.db.api, fleet, world.deployer)))
    add_deployment_routes(app, world.db.api, world.deployer,
                          Images(world.workers["builder"][0], RegistryTokens(*signing())), launcher)
    forges = {"local": world.forge}
    connect = Connect(world.db.api, forges, Repositories(world.db.api, forges), RefSync(world.db.api, launcher))
    add_forge_routes(app, forges, connect)
    add_repo_routes(app, world.db.api, forges, connect, Pulls(world.db.api, launcher, RefSync(world.db.api, launcher)))
    app.register_error_handler(Problem, lambda problem: ({"error": problem.error, "detail": problem.detail},
                                                         problem.status))
    return app.test_client()


def test_a_run_is_made_and_its_double_is_known(client):
    body = {"repo": 1, "kind": "full", "actor": "ada", "key": "k"}
    first, again = client.post("/v1/runs", json=body), client.post("/v1/runs", json=body)
    assert (first.status_code, again.status_code) == (201, 200) and first.json["id"] == again.json["id"]


@pytest.mark.parametrize("body, status", [
    ({"repo": 1, "kind": "full"}, 400), ({"repo": 1, "kind": "everything", "actor": "a"}, 400),
    ({"repo": 1, "kind": "scan", "actor": "a"}, 409), ({"repo": 1, "actor": "a", "ref": "nope"}, 404),
    ({"repo": 1, "actor": "a", "ref": "-h"}, 400), ({"repo": 99, "actor": "a"}, 404),
    ({"repo": 1, "actor": "a", "commit": "HEAD"}, 400), ({"repo": 1, "kind": "rollback", "actor": "a"}, 400),
])
def test_what_cannot_be_is_refused_with_its_reason(client, body, status):
    answer = client.post("/v1/runs", json=body)
    assert answer.status_code == status and answer.json["detail"]


def test_cancel_and_retry_go_to_dbproxy(client, world):
    run = world.db.new_run()
    assert client.post(f"/v1/runs/{run}/cancel", json={"actor": "eve"}).status_code == 202
    assert world.db.runs[run]["state"] == "canceled"
    assert client.post(f"/v1/runs/{run}/retry", json={"actor": "eve"}).status_code == 202
    assert world.db.runs[run]["state"] == "pending"


def test_kinds_of_a_fresh_repo(client):
    answer = client.get("/v1/repos/1/kinds").json
    assert answer["full"] is None and answer["build"] is None and answer["deploy"] and answer["rollback"]


def test_rollback_without_an_earlier_version_says_so(client):
    answer = client.post("/v1/repos/1/rollback", json={"actor": "ada"})
    assert answer.status_code == 409 and "no earlier version" in answer.json["detail"]


def test_stop_takes_a_live_deployment_off(client, world, player):
    player.play(world.db.new_run())
    (number,) = world.db.deployments
    assert client.post(f"/v1/deployments/{number}/stop", json={"actor": "ada"}).status_code == 202
    assert world.db.deployments[number]["reason"] == "stopped by ada"
    assert world.deployer.removed == [f"/v1/deployments/{number}/stop"]
    assert client.post(f"/v1/deployments/{number}/stop", json={"actor": "ada"}).status_code == 202
    world.db.deployments[number]["state"] = "kept"
    assert client.post(f"/v1/deployments/{number}/stop", json={"actor": "ada"}).status_code == 409


def test_the_forge_is_seen_through_it(client, world):
    world.forge.files["main"] = "FROM scratch"
    assert client.get("/v1/forges/local/repos").json["items"][0]["path"] == "ada/hello"
    assert client.get("/v1/forges/local/repos/ada/hello/refs").json["branches"] == [
        {"name": "main", "commit": "c" * 40}]
    assert client.get("/v1/forges/local/repos/ada/hello/file?ref=main&path=Dockerfile").json["text"] == "FROM scratch"
    assert client.get("/v1/forges/nowhere/repos").status_code == 404
    assert client.get("/v1/forges/local/repos?page=0").status_code == 400


def test_status_tells_workers_that_are_away_too(client, world):
    world.workers["scanner"][0].unreachable = True
    workers = client.get("/v1/status").json["workers"]
    assert workers["builder"] == [{"url": "http://builder0:8000", "ok": True, "detail": "", "jobs": []}]
    assert workers["scanner"][0]["ok"] is False and set(workers) == {"builder", "scanner", "deployer", "tester"}


def test_the_whole_service_refuses_calls_that_the_dashboard_did_not_sign(tmp_path):
    keys = {name: new_key() for name in ("dashboard", "builder")}
    private, _ = new_key()
    app = create_app(OrchestratorSettings(
        service_key=private, local_repositories=str(tmp_path), orchestrator_seal_key=new_seal_key()[0],
        seal_public_keys="", registry_token_key=signing()[0], registry_token_certificate=signing()[1],
        service_public_keys=",".join(f"{name}={public}" for name, (_, public) in keys.items())))
    client = app.test_client()

    def ask(name):
        token = Signer(name, keys[name][0]).token("orchestrator")
        return client.get("/v1/forges/local/repos", headers={"Authorization": f"Bearer {token}"}).status_code
    assert client.get("/v1/forges/local/repos").status_code == 401
    assert (ask("builder"), ask("dashboard")) == (403, 200)


def test_a_repo_goes_once_nothing_of_it_runs_and_what_it_made_goes_first(client, world):
    run = world.db.new_run()
    refused = client.delete("/v1/repos/1", json={"actor": "ada"})
    assert refused.status_code == 409 and f"run {run} is not over" in refused.json["detail"] and world.db.repos
    world.db.runs[run]["state"] = "success"
    world.deployer.unreachable = True
    assert client.delete("/v1/repos/1", json={"actor": "ada"}).status_code == 500 and world.db.repos
    world.deployer.unreachable = False
    world.db.images = [{"repository": "apps/a/b", "digest": f"sha256:{number:064}"} for number in range(101)]
    builder = world.workers["builder"][0]
    builder.unreachable = True
    assert client.delete("/v1/repos/1", json={"actor": "ada"}).status_code == 500 and world.db.repos
    builder.unreachable = False
    assert client.delete("/v1/repos/1", json={"actor": "ada"}).status_code == 204
    assert builder.images_removed == world.db.images
    assert world.deployer.removed == [1, 1] and world.db.repos == {}
