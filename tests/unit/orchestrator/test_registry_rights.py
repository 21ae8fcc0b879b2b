"""Tokens of our registry: who gets which, and for how long."""

import base64
from types import SimpleNamespace

import jwt
import pytest
from cryptography import x509
from flask import Flask, g, request

from common.api.repos import PushedImage
from common.wire.errors import Problem
from orchestrator.credentials import registry_setup as registry_setup
from orchestrator.credentials.registry_rights import Images, add_registry_routes, rights
from orchestrator.credentials.registry_tokens import Access, RegistryTokens
from tests.harness.registry import signing

OWN, OTHER, BASE, ELSEWHERE = "apps/ada/hello", "apps/eve/shop", "library/python", "grafana/grafana"
EVERYTHING = ["pull", "push", "delete", "*"]


@pytest.fixture
def tokens():
    return RegistryTokens(*signing())


@pytest.fixture
def ask(world, tokens):
    """`ask(caller, name, run)`: (status, the actions that the token allows)."""
    app = Flask("test")

    @app.before_request
    def caller():
        g.caller = request.headers["Caller"]

    add_registry_routes(app, world.db.api, tokens)
    app.register_error_handler(Problem, lambda problem: ({"detail": problem.detail}, problem.status))

    def asked(caller, name, run=None, path="/v1/registry/token"):
        answer = app.test_client().post(path, headers={"Caller": caller},
                                        json={"access": [{"name": name, "actions": EVERYTHING}], "run": run})
        if answer.status_code != 200:
            return answer.status_code, None
        found = claims(answer.json["token"])["access"]
        assert all(item["name"] == name for item in found)
        return 200, [action for item in found for action in item["actions"]]
    return asked


def claims(token: str) -> dict:
    """As the registry reads them: the signature is of the certificate in the header."""
    certificate = x509.load_der_x509_certificate(base64.b64decode(jwt.get_unverified_header(token)["x5c"][0]))
    return jwt.decode(token, certificate.public_key(), algorithms=["ES256"], audience="registry", issuer="continuum")


def building(world, state="running") -> int:
    run = world.db.new_run()
    world.db.jobs[run, "build", 1] = {"run": run, "stage": "build", "attempt": 1, "state": state}
    return run


@pytest.mark.parametrize("name, expected", [(OWN, ["pull", "push"]), (OTHER, []), (BASE, ["pull"]), (ELSEWHERE, ["pull"])])
def test_builder_pushes_what_it_builds_and_reads_base_images(ask, world, name, expected):
    assert ask("builder", name, building(world)) == (200, expected)


@pytest.mark.parametrize("state", ["success", "failure", "error", "canceled"])
def test_builder_has_no_right_once_the_build_is_over(ask, world, state):
    assert ask("builder", OWN, building(world, state)) == (403, None)


def test_builder_has_no_right_without_a_build(ask, world):
    waiting = world.db.new_run()
    assert [ask("builder", OWN, run)[0] for run in (None, waiting, 4711)] == [403, 403, 403]


@pytest.mark.parametrize("service", ["scanner", "deployer"])
def test_scanner_and_engine_read_what_we_built(ask, service):
    assert [ask(service, name) for name in (OWN, OTHER, BASE, ELSEWHERE)] == [(200, ["pull"])] * 2 + [(200, [])] * 2


@pytest.mark.parametrize("service", ["dashboard", "tester", "dbproxy", "orchestrator"])
def test_nobody_else_gets_a_token(ask, service):
    assert ask(service, OWN)[0] == 403


@pytest.mark.parametrize("service", ["builder", "scanner", "deployer"])
def test_who_may_ask_for_tokens_may_ask_for_nothing_else(ask, service):
    assert ask(service, OWN, path="/v1/status")[0] == 403


@pytest.mark.parametrize("name", ["apps/../library/python", "/apps", "apps/A", "apps/a b", "apps/a:push", "", "a" * 300])
def test_what_is_no_name_is_refused(ask, name):
    assert ask("scanner", name)[0] == 400


def test_a_token_lasts_five_minutes(tokens):
    made = tokens.sign("scanner", [Access(name=OWN, actions=["pull"])])
    found = claims(made["token"])
    assert (made["expires_in"], found["exp"] - found["nbf"], found["sub"]) == (300, 300, "scanner")


def test_only_set_up_writes_base_images_and_only_a_removal_deletes(tokens):
    written = claims(registry_setup.token(tokens, ["python", "node"]))
    assert [(item["name"], item["actions"]) for item in written["access"]] == [
        ("library/python", ["pull", "push"]), ("library/node", ["pull", "push"])]
    assert written["exp"] - written["nbf"] == 1800
    assert handed(tokens, "remove") == [(OWN, ["pull", "delete"])] and handed(tokens, "size") == [(OWN, ["pull"])]


def handed(tokens, what) -> list[tuple[str, list[str]]]:
    """The rights that builder is given with the call."""
    calls = []
    builder = SimpleNamespace(post=lambda path, body, **_: calls.append((path, body)) or {"size": 1})
    getattr(Images(builder, tokens), what)([PushedImage(repository=OWN, digest=f"sha256:{digit * 64}") for digit in "ab"])
    [(path, body)] = calls
    assert path == f"/v1/images/{what}" and len(body["images"]) == 2
    return [(item["name"], item["actions"]) for item in claims(body["token"])["access"]]


def test_no_service_can_delete_or_write_base_images():
    for caller in ("builder", "scanner", "deployer", "dashboard", "tester", "dbproxy"):
        for name in (OWN, OTHER, BASE, "library", "apps", "appsx/y"):
            allowed = rights(caller, name, OWN)
            assert "delete" not in allowed and ("push" not in allowed or name == OWN)


def test_a_key_that_is_none_is_refused():
    with pytest.raises(ValueError):
        RegistryTokens(base64.b64encode(b"x" * 32).decode(), signing()[1])
