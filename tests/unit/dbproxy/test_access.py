"""Deny by default: each route names its callers, and nobody else gets through."""

import pytest

from common.secrets.tokens import Signer, new_key
from common.service.web import OPEN_PATHS
from dbproxy.service import CALLERS, create_app
from dbproxy.settings import DbproxySettings

KEYS = {name: new_key() for name in ("dbproxy", *CALLERS, "builder")}


@pytest.fixture(scope="module")
def app():
    settings = DbproxySettings(
        service_key=KEYS["dbproxy"][0], service_public_keys=",".join(f"{name}={key[1]}" for name, key in KEYS.items()),
        database_url="postgresql://nobody@127.0.0.1:1/none", rabbitmq_url="amqp://127.0.0.1:1/",
        owner_login="owner", owner_password="p")
    return create_app(settings)


def call(app, caller, method, path, **options):
    token = Signer(caller, KEYS[caller][0]).token("dbproxy")
    return app.test_client().open(path, method=method, headers={"Authorization": f"Bearer {token}"}, **options)


def routes(app):
    return [rule for rule in app.url_map.iter_rules() if rule.rule not in OPEN_PATHS and rule.endpoint != "static"]


def test_each_route_names_its_callers(app):
    unnamed = [rule.rule for rule in routes(app) if not getattr(app.view_functions[rule.endpoint], "callers", None)]
    assert unnamed == []


def test_only_known_services_are_named(app):
    assert all(app.view_functions[rule.endpoint].callers <= CALLERS for rule in routes(app))


def test_a_view_without_callers_is_for_nobody(app):
    answer = call(app, "dashboard", "GET", "/static/x")
    assert answer.status_code in (403, 404)


def test_an_unsigned_call_is_401(app):
    assert app.test_client().get("/v1/runs").status_code == 401


def test_a_service_that_has_no_business_here_is_403(app):
    assert call(app, "builder", "GET", "/v1/runs").status_code == 403


@pytest.mark.parametrize("caller, method, path", [
    ("dashboard", "PATCH", "/v1/runs/1"), ("dashboard", "POST", "/v1/runs"), ("scanner", "POST", "/v1/runs/claim"),
    ("tester", "PUT", "/v1/runs/1/findings"), ("scanner", "PUT", "/v1/runs/1/tests"),
    ("dashboard", "POST", "/v1/deployments"), ("orchestrator", "POST", "/v1/accounts/verify"),
    ("scanner", "GET", "/v1/repos/1/secrets"), ("tester", "GET", "/v1/log/1/build.1"),
    ("orchestrator", "GET", "/v1/sessions/" + "0" * 64), ("orchestrator", "PUT", "/v1/repos/1/secrets/A"),
    ("dashboard", "GET", "/v1/accounts/1/forge-token"), ("dashboard", "POST", "/v1/deliveries/claim"),
    ("orchestrator", "PUT", "/v1/deliveries/github/x"), ("dashboard", "PUT", "/v1/repos/1/pulls/1"),
    ("dashboard", "POST", "/v1/repos/1/pulls/1/approvals"), ("scanner", "GET", "/v1/forge-apps/github")])
def test_what_is_another_services_business_is_403(app, caller, method, path):
    answer = call(app, caller, method, path, json={})
    assert answer.status_code == 403 and caller in answer.get_json()["detail"]


def test_before_the_database_is_ready_calls_are_503_with_a_sentence(app):
    answer = call(app, "dashboard", "GET", "/v1/runs")
    assert answer.status_code == 503
    assert "being prepared" in answer.get_json()["detail"]


def test_readyz_says_what_is_missing_and_needs_no_token(app):
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["checks"]["database"]["ok"] is False


def test_unknown_keys_in_a_body_are_named(app):
    answer = call(app, "orchestrator", "POST", "/v1/runs/claim", json={"owner": "x", "waits": 3})
    assert answer.status_code == 400 and "waits" in answer.get_json()["detail"]
