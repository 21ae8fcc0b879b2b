"""The registration at GitHub: from a manifest, kept sealed, and an App that acts where it is installed."""

import json
from types import SimpleNamespace

import pytest
from flask import Flask
from pydantic import SecretStr

from common.secrets.sealing import new_seal_key, seal, unseal
from common.secrets.tokens import new_key
from common.wire.errors import Problem, Unauthorized
from forges import Check, Registration, Unsupported
from orchestrator import metrics
from orchestrator.api.forge_routes import add_registration_routes
from orchestrator.scm.forge_registry import ForgeRegistry
from orchestrator.service import create_app
from orchestrator.settings import OrchestratorSettings
from tests.github import serve
from tests.harness.registry import signing
from tests.harness.rows import AT, repo_row
from tests.unit.orchestrator.fakes import FakeDb

OURS, THEIRS, BUILDERS = new_seal_key(), new_seal_key(), new_seal_key()
MANIFEST = {"name": "Continuum of ann", "url": "http://ci", "redirect_url": "http://ci/setup",
            "hook_attributes": {"url": "http://ci/webhooks/github"}}


class Db(FakeDb):
    """With the registration of dbproxy."""

    registered = None

    def call(self, method, path, json=None, **options):
        if path != "/v1/forge-apps/github":
            return super().call(method, path, json=json, **options)
        if method == "PUT":
            self.registered = json
        return {"forge": "github", "app_id": None, "slug": None, "html_url": None, "changed": AT, **self.registered,
                "sealed": {"orchestrator": self.registered["sealed"]["orchestrator"]}} \
            if self.registered else super().call("GET", "/v1/repos/99")


def settings(github, **more):
    return OrchestratorSettings(
        service_key=new_key()[0], service_public_keys="", forges="local,github", github_url=github.url,
        registry_token_key=signing()[0], registry_token_certificate=signing()[1],
        orchestrator_seal_key=OURS[0],
        seal_public_keys=f"dashboard={THEIRS[1]},orchestrator={OURS[1]},builder={BUILDERS[1]}", **more)


@pytest.fixture
def world(tmp_path):
    with serve(tmp_path / "github") as github:
        for login in ("ann", "eve"):
            github.user(login)
        db = Db()
        places = ForgeRegistry(db.api, settings(github))
        app = Flask("test")
        add_registration_routes(app, places.registering, places.registrations)
        app.register_error_handler(Problem, lambda problem: ({"error": problem.error, "detail": problem.detail},
                                                             problem.status))
        yield SimpleNamespace(github=github, db=db, places=places, client=app.test_client(),
                              site=github.repo("ann/site", files={"Dockerfile": "FROM scratch\n"}))


def register(world):
    world.github.manifests["code"] = (MANIFEST, world.github.account("ann"))
    return world.client.post("/v1/forges/github/app/manifest", json={"code": "code"})


def test_a_manifests_code_becomes_a_registration_with_its_secrets_sealed(world):
    answer = register(world)
    (app,) = world.github.apps.values()
    assert answer.json == {"app_id": str(app.id), "slug": app.slug, "client_id": app.oauth.client_id,
                           "html_url": answer.json["html_url"]}
    kept = json.dumps(world.db.registered)
    for secret in (app.oauth.secret, app.webhook_secret, "PRIVATE KEY"):
        assert secret not in kept and secret not in answer.text
    theirs = json.loads(unseal(world.db.registered["sealed"]["dashboard"], THEIRS[0]))
    assert theirs == {"client_secret": app.oauth.secret, "webhook_secret": app.webhook_secret}
    ours = json.loads(unseal(world.db.registered["sealed"]["orchestrator"], OURS[0]))
    assert ours["private_key"] == app.private_key


def test_a_code_is_good_once_and_nothing_odd_is_asked(world):
    register(world)
    for code in ("code", "../../user", "x" * 300):
        assert world.client.post("/v1/forges/github/app/manifest", json={"code": code}).status_code == 400
    assert world.client.post("/v1/forges/local/app/manifest", json={"code": "code"}).status_code == 404


def test_where_the_app_is_installed_it_acts_and_else_a_person(world):
    forge = world.places.forges["github"]
    world.db.repos = {1: {"id": 1, "forge": "github", "owner": "ann", "name": "site", "state": {}}}
    with pytest.raises(Problem, match="nobody connected ann/site"):
        forge.grant("ann", "site")
    register(world)
    (app,) = world.github.apps.values()
    world.github.install(app, "ann")
    fresh = ForgeRegistry(world.db.api, settings(world.github))
    grant = fresh.forges["github"].grant("ann", "site")
    assert (grant.kind, grant.who) == ("installation", app.slug) and fresh.hooked(repo_row(forge="github"))


def test_an_app_without_a_webhook_tells_of_no_push(world):
    """As it is made where GitHub cannot reach us: branch heads are compared as often as without any."""
    world.places.registrations["github"].store(Registration("app", "Iv1", SecretStr("s" * 40), "7", private_key=SecretStr("k")))
    assert world.places.registrations["github"].now().kind == "app" and not world.places.hooked(repo_row(forge="github"))


@pytest.fixture
def installed(world):
    """ann's private repository with the App on it: (places, installation)."""
    world.db.repos = {1: {"id": 1, "forge": "github", "owner": "ann", "name": "site", "private": True,
                          "state": {"forge_account": 3}}}
    world.site.private = True
    register(world)
    (app,) = world.github.apps.values()
    world.db.accounts[3] = {"id": 3, "login": "ann", "role": "user"}
    world.db.tokens[3] = seal(world.github.token("ann", client=app.oauth).value, OURS[1])
    return ForgeRegistry(world.db.api, settings(world.github)), world.github.install(app, "ann")


def test_a_suspended_installation_is_said_to_be_one_and_nobody_steps_in(world, installed):
    places, installation = installed
    forge = places.forges["github"]
    grant = forge.grant("ann", "site")
    world.github.suspend(installation)
    with pytest.raises(Unauthorized, match="is suspended: whoever suspended it unsuspends it") as told:
        forge.refs("ann", "site")
    assert told.value.error == "app_suspended"
    places.forges["github"].access_changed()
    with pytest.raises(Unauthorized, match="is suspended"):
        forge.grant("ann", "site")
    world.github.suspend(installation, False)
    assert forge.grant("ann", "site").token != grant.token


def test_where_the_app_was_removed_its_people_do_not_act_in_its_place(world, installed):
    """Their tokens reach no further than the App; a public repository can still be read by them."""
    places, installation = installed
    forge = places.forges["github"]
    assert forge.grant("ann", "site").kind == "installation"
    world.github.uninstall(installation)
    assert forge.grant("ann", "site").kind == "installation", "as is remembered"
    places.forges["github"].access_changed()
    with pytest.raises(Unauthorized, match="not installed on ann/site") as told:
        forge.grant("ann", "site")
    assert told.value.error == "app_not_installed"
    world.db.repos[1]["private"] = False
    assert forge.grant("ann", "site").kind == "person"


def test_credentials_are_checked_as_they_are_pasted(world):
    oauth = world.github.oauth_app("http://ci/callback")
    check = lambda secret: world.client.post("/v1/forges/github/app/check", json={       # noqa: E731
        "client_id": oauth.client_id, "client_secret": secret}).json
    assert check(oauth.secret) == {"ok": True}
    assert check("wrong")["ok"] is False and "copy both again" in check("wrong")["problem"]


def test_the_environment_goes_before_what_was_registered(world):
    register(world)
    places = ForgeRegistry(world.db.api, settings(world.github, github_client_id="Iv1", github_client_secret="s"))
    assert places.registrations["github"].now().client_id == "Iv1" and not places.hooked(repo_row(forge="github"))
    assert places.hooked(repo_row(forge="github", state={"webhook": {"id": "7", "generation": 1}}))


@pytest.mark.parametrize("url, warned", [("http://git.lan", True), ("https://git.lan", False)])
def test_the_log_warns_of_a_github_on_plain_http(world, caplog, url, warned):
    ForgeRegistry(world.db.api, settings(world.github).model_copy(update={"github_url": url}))
    assert ("GITHUB_URL is plain http (http://git.lan): tokens, code and secrets cross the network readable" in caplog.text) == warned


def test_requests_are_counted(world):
    count = metrics.FORGE_REQUESTS.labels("github", "POST", "4xx")._value
    before = count.get()
    world.client.post("/v1/forges/github/app/manifest", json={"code": "unknown"})
    assert count.get() == before + 1


def test_check_runs_need_the_app(world):
    world.db.repos = {1: {"id": 1, "forge": "github", "owner": "ann", "name": "site", "state": {"forge_account": 3}}}
    world.db.accounts[3] = {"id": 3, "login": "ann"}
    world.db.tokens[3] = seal(world.github.token("ann", "repo").value, OURS[1])
    with pytest.raises(Unsupported):
        world.places.forges["github"].set_check("ann", "site", Check("c" * 40, "continuum", "success", "t", "s", "u"))


def test_the_whole_service_stands_with_both_forges(world):
    app = create_app(settings(world.github))
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    assert {"/v1/forges/<forge>/grant", "/v1/repos/<int:repo>/webhook", "/v1/deliveries/<int:delivery>/again",
            "/v1/repos/<int:repo>/pulls/<int:number>/approve", "/v1/forges/<forge>/app/manifest",
            "/v1/forges/<forge>/app/check", "/v1/forges/<forge>/repos/<owner>/<name>/right"} <= rules
    parts = {getattr(begin.__self__, "name", type(begin.__self__).__name__) for begin in app.background}
    assert {"reports", "deliveries", "poll-github", "reconcile", "RunClaimer"} <= parts
