"""The setup page of GitHub: what to enter there, what was pasted, what came back, and where it may be sent."""

import html
import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from common.secrets.sealing import unseal
from dashboard.service import create_app
from forges.github import setup
from tests.unit.dashboard.conftest import change_settings, forget_registration
from tests.unit.dashboard.fakes import Fakes, World
from tests.unit.dashboard.world import csrf_of

HERE = "/setup/github"
PUBLIC = {"base_url": "https://ci.example"}


@pytest.fixture
def fresh(on_github, monkeypatch):
    """GitHub is on and nothing is registered yet."""
    change(on_github, monkeypatch, github_client_id="", github_client_secret=None)
    return on_github


def change(people, monkeypatch, **values) -> None:
    change_settings(people, monkeypatch, **values)


def form_of(text: str) -> tuple[str, dict]:
    """Where the App's form goes, and the manifest that it takes along."""
    action, manifest = re.search(r'<form method="post" action="([^"]+)"><input type="hidden" name="manifest" value="([^"]+)"',
                                 text).groups()
    return html.unescape(action), json.loads(html.unescape(manifest))


@pytest.mark.parametrize("url, api, warned", [
    ("https://git.lan", "", None), ("http://10.0.0.7", "", "GITHUB_URL"), ("http://git.lan:8080", "", "GITHUB_URL"),
    ("https://git.lan", "http://api.lan", "GITHUB_API_URL"), ("http://127.0.0.1:3000", "", None), ("http://[::1]", "", None),
    ("http://localhost:3000", "", None)])
def test_a_github_on_plain_http_is_warned_of_where_an_owner_looks(fresh, monkeypatch, url, api, warned):
    change(fresh, monkeypatch, github_url=url, github_api_url=api)
    client = fresh.browser("ann")
    for page in (HERE, "/status"):
        told = html.unescape(client.get(page).text)
        assert ("plain http" in told) == bool(warned) and (warned is None or f"{warned} is plain http" in told)


def test_the_log_begins_with_the_warning(settings, caplog):
    create_app(settings.model_copy(update={"forges": "github", "github_url": "http://git.lan"}), services=Fakes(World()))
    assert "GITHUB_URL is plain http (http://git.lan): tokens, code and secrets cross the network readable" in caplog.text


def test_it_is_for_owners(fresh):
    assert fresh.browser().get(HERE).status_code == 302
    assert fresh.browser("ros").get(HERE).status_code == 403


def test_it_says_exactly_what_to_enter(fresh):
    client = fresh.browser("ann")
    client.set_cookie("__Host-continuum", client.get_cookie("__Host-continuum").value, domain="ci.example", secure=True)
    shown = client.get(HERE, **PUBLIC).text
    for value in ("Continuum ci.example", "https://ci.example", "https://ci.example/signin/github/callback"):
        assert f"<code data-copy>{value}</code>" in shown
    assert "https://github.example/settings/applications/new" in shown and "You came by" not in shown


def test_the_manifest_asks_for_what_is_needed_and_comes_back_here(fresh):
    action, manifest = form_of(fresh.browser("ann").get(HERE).text)
    assert action.startswith("https://github.example/settings/apps/new?state=")
    assert manifest["redirect_url"] == "https://ci.example/setup/github/created" and manifest["public"] is False
    assert manifest["hook_attributes"] == {"url": "https://ci.example/webhooks/github", "active": True}
    assert set(manifest["default_permissions"]) == set(setup.PERMISSIONS) and "administration" not in manifest["default_permissions"]
    assert form_of(fresh.browser("ann").get(HERE + "?org=acme").text)[0].startswith(
        "https://github.example/organizations/acme/settings/apps/new?state=")


def test_only_this_page_may_send_a_form_to_github(fresh):
    client = fresh.browser("ann")
    assert "form-action 'self' https://github.example;" in client.get(HERE).headers["Content-Security-Policy"]
    for path in ("/repos", "/account", "/signin"):
        assert "form-action 'self';" in client.get(path).headers["Content-Security-Policy"]


@pytest.mark.parametrize("org", ["../x", "a b", "a/b", "x" * 40])
def test_an_organisation_is_a_name(fresh, org):
    assert fresh.browser("ann").get(HERE, query_string={"org": org}).status_code == 400


def test_the_app_comes_back_with_a_code_of_this_browser(fresh):
    client = fresh.browser("ann")
    state = parse_qs(urlsplit(form_of(client.get(HERE).text)[0]).query)["state"][0]
    answer = client.get(HERE + "/created", query_string={"code": "manifest-code", "state": state})
    assert answer.status_code == 303 and fresh.world.audit[0]["action"] == "github.register"
    again = client.get(HERE + "/created", query_string={"code": "manifest-code", "state": state})
    assert again.status_code == 400


@pytest.mark.parametrize("query", [{}, {"code": "manifest-code"}, {"code": "manifest-code", "state": "x" * 32}])
def test_an_app_that_nobody_asked_for_is_refused(fresh, query):
    """S2: another's App here would read our people's sign-ins."""
    client = fresh.browser("ann")
    client.get(HERE)
    assert client.get(HERE + "/created", query_string=query).status_code == 400
    assert not [call for call in fresh.world.calls if "manifest" in call[2]]


def test_a_state_of_a_sign_in_makes_no_app(fresh, monkeypatch):
    client = fresh.browser("ann")
    change(fresh, monkeypatch, github_client_id="Ov23liTHISONE", github_client_secret=SecretStr("s" * 40))
    state = parse_qs(urlsplit(client.get("/signin/github").headers["Location"]).query)["state"][0]
    assert client.get(HERE + "/created", query_string={"code": "manifest-code", "state": state}).status_code == 400


def test_a_pair_is_checked_kept_sealed_and_used(fresh, keys):
    client = fresh.browser("ann")
    data = {"csrf": csrf_of(client), "client_id": " Ov23liNEWONE0000000 ", "client_secret": "s" * 40}
    assert client.post(HERE, data=data).status_code == 303
    kept = fresh.world.forge_apps["github"]
    assert kept["client_id"] == "Ov23liNEWONE0000000" and "s" * 40 not in json.dumps(kept)
    for service in ("dashboard", "orchestrator"):
        assert json.loads(unseal(kept["sealed"][service], keys[service][0])) == {"client_secret": "s" * 40}
    assert "Sign in with GitHub" in fresh.browser().get("/signin").text
    assert "s" * 40 not in client.get(HERE).text
    assert client.post(HERE + "/forget", data={"csrf": data["csrf"]}).status_code == 303
    assert fresh.world.forge_apps == {} and "has registered this installation" in fresh.browser().get("/signin").text


@pytest.mark.parametrize("client_id, client_secret, told", [
    ("a" * 40, "s" * 40, "looks like the client secret"), ("123456", "s" * 40, "looks like the App ID"),
    ("https://github.example/x", "s" * 40, "no client ID"), ("Ov23 li", "s" * 40, "8 to 64 letters"),
    ("Ov23liNEWONE", "ghp_" + "a" * 36, "token or a key"), ("Ov23liNEWONE", "*****1234", "shows a secret once"),
    ("Ov23liNEWONE", "short", "40 letters"), ("Ov23liNEWONE", "w" * 40, "does not know this pair")])
def test_what_is_wrong_with_a_value_is_said(fresh, client_id, client_secret, told):
    client = fresh.browser("ann")
    token = csrf_of(client)
    said = client.post("/api/v1/forges/github/app/check", json={"client_id": client_id, "client_secret": client_secret},
                       headers={"X-CSRF-Token": token}).json
    assert not said["ok"] and told in said["problem"]
    answer = client.post(HERE, data={"csrf": token, "client_id": client_id, "client_secret": client_secret})
    assert answer.status_code == 400 and told in answer.text and client_secret not in answer.text
    assert not fresh.world.forge_apps


def test_env_goes_first_and_is_not_forgotten_here(on_github):
    client = on_github.browser("ann")
    shown = client.get(HERE).text
    assert "in .env" in shown and "Forget this registration" not in shown
    assert client.delete("/api/v1/forges/github/app", headers={"X-CSRF-Token": csrf_of(client)}).status_code == 409


def test_a_wrong_public_url_is_found_and_said(fresh):
    shown = fresh.browser("ann").get(HERE).text
    assert "You came by https://localhost, but .env says PUBLIC_URL=https://ci.example" in shown


@pytest.mark.parametrize("public, forge, unreachable", [
    ("https://ci.example", "https://github.com", False), ("http://localhost:5000", "https://github.com", True),
    ("http://10.1.2.3:5000", "https://github.com", True), ("http://ci", "https://github.com", True),
    ("http://[::1]:5000", "https://github.com", True), ("http://172.20.0.1", "http://172.17.0.1:9", False),
    ("https://8.8.8.8", "https://github.com", False)])
def test_an_address_that_github_cannot_reach_is_said_and_gets_no_webhook(fresh, monkeypatch, public, forge, unreachable):
    change(fresh, monkeypatch, public_url=public, github_url=forge)
    shown = fresh.browser("ann").get(HERE).text
    assert ("GitHub cannot reach PUBLIC_URL" in shown) is unreachable
    assert ("hook_attributes" not in form_of(shown)[1]) is unreachable


@pytest.mark.parametrize("url, good", [("https://ghe.example", True), ("http://ghe.example", False), ("ftp://x", False),
                                       ("http://172.17.0.1:9", True), ("http://localhost:9", True)])
def test_plain_http_is_for_private_addresses_alone(settings, url, good):
    values = {**settings.model_dump(), "github_url": url}
    if good:
        assert type(settings)(**values).github_url == url
    else:
        with pytest.raises(ValueError, match="https://"):
            type(settings)(**values)


def test_a_seal_key_that_was_changed_is_said_and_the_page_stands(fresh, keys):
    fresh.world.forge_apps["github"] = {"kind": "oauth", "client_id": "x", "sealed": {"dashboard": "AAAA"}}
    forget_registration(fresh.app)
    shown = fresh.browser("ann").get(HERE)
    assert shown.status_code == 200 and "DASHBOARD_SEAL_KEY" in shown.text
    assert "out of order" in fresh.browser().get("/signin").text
