"""The sign-in: what a person sees, and each way in which a code is refused (200 with an error, as GitHub has it)."""

import base64
import hashlib
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

CALLBACK = "http://localhost:1/signin/callback"
VERIFIER = "v" * 50
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


@pytest.fixture()
def client(github):
    return github.oauth_app(CALLBACK)


def authorize(github, client, answer="yes", login="writer", **query):
    """The person pressed a button; answers the query that the browser brings back."""
    query = {"client_id": client.client_id, "redirect_uri": CALLBACK, "state": "st4te", "scope": "repo read:org",
             "code_challenge": CHALLENGE, "code_challenge_method": "S256", **query}
    page = requests.get(f"{github.url}/login/oauth/authorize", params=query, timeout=30, allow_redirects=False)
    if page.status_code == 200:
        assert "Authorize</button>" in page.text
        page = requests.post(page.url, data={"login": login, "answer": answer}, timeout=30, allow_redirects=False)
    assert page.status_code == 302, page.text
    return {name: values[0] for name, values in parse_qs(urlsplit(page.headers["Location"]).query).items()}


def exchange(github, client, code, **change):
    given = {"client_id": client.client_id, "client_secret": client.secret, "code": code, "redirect_uri": CALLBACK,
             "code_verifier": VERIFIER, **change}
    answer = requests.post(f"{github.url}/login/oauth/access_token", data=given, timeout=30,
                           headers={"Accept": "application/json"})
    assert answer.status_code == 200
    return answer.json()


def test_from_the_page_to_the_person(github, client):
    back = authorize(github, client)
    assert back["state"] == "st4te"
    told = exchange(github, client, back["code"])
    assert (told["token_type"], told["scope"]) == ("bearer", "repo,read:org")
    me = requests.get(f"{github.api}/user", headers={"Authorization": f"Bearer {told['access_token']}"}, timeout=30)
    assert me.json()["login"] == "writer" and me.headers["X-OAuth-Scopes"] == "repo, read:org"


def test_a_person_who_says_no(github, client):
    assert authorize(github, client, "no")["error"] == "access_denied"


def test_an_address_that_is_not_registered_gets_no_code(github, client):
    back = authorize(github, client, redirect_uri="http://elsewhere.invalid/signin/callback")
    assert back["error"] == "redirect_uri_mismatch" and "code" not in back


@pytest.mark.parametrize("change,error", [
    ({"client_secret": "wrong"}, "incorrect_client_credentials"),
    ({"code": "wrong"}, "bad_verification_code"),
    ({"code_verifier": "w" * 50}, "bad_verification_code"),
    ({"code_verifier": ""}, "bad_verification_code"),
    ({"redirect_uri": f"{CALLBACK}/other"}, "redirect_uri_mismatch"),
])
def test_what_the_exchange_refuses(github, client, change, error):
    code = authorize(github, client)["code"]
    told = exchange(github, client, **{"code": code, **change})
    assert told["error"] == error and "access_token" not in told


def test_a_code_counts_once(github, client):
    code = authorize(github, client)["code"]
    exchange(github, client, code)
    assert exchange(github, client, code)["error"] == "bad_verification_code"


def test_a_code_is_the_clients_that_asked_for_it(github, client):
    code, other = authorize(github, client)["code"], github.oauth_app(CALLBACK)
    assert exchange(github, other, code)["error"] == "bad_verification_code"


def test_a_code_ends_after_ten_minutes(github, client):
    code, now = authorize(github, client)["code"], github.clock()
    github.clock = lambda: now + 601
    assert exchange(github, client, code)["error"] == "bad_verification_code"


def test_without_accept_the_answer_is_a_form(github, client):
    answer = requests.post(f"{github.url}/login/oauth/access_token", timeout=30,
                           data={"client_id": client.client_id, "client_secret": "wrong"})
    assert parse_qs(answer.text)["error"] == ["incorrect_client_credentials"]


def test_an_apps_token_can_be_renewed_once(github):
    app = github.app({"name": "CI", "url": "http://localhost:1", "callback_urls": [CALLBACK]}, "writer")
    told = exchange(github, app.oauth, authorize(github, app.oauth)["code"])
    assert told["access_token"].startswith("ghu_") and told["expires_in"] == 28800 and told["scope"] == ""
    renew = {"grant_type": "refresh_token", "refresh_token": told["refresh_token"]}
    newer = exchange(github, app.oauth, "", **renew)
    assert newer["access_token"] != told["access_token"] and newer["refresh_token"] != told["refresh_token"]
    assert exchange(github, app.oauth, "", **renew)["error"] == "bad_refresh_token"
    assert status_of(github, told["access_token"]) == 401, "the token before ends with it"
    assert status_of(github, newer["access_token"]) == 200


@pytest.mark.parametrize("what", ["another client", "after six months", "after a revocation"])
def test_a_refresh_token_that_does_not_count(github, client, what):
    app, now = github.app({"name": "CI", "url": "http://localhost:1", "callback_urls": [CALLBACK]}, "writer"), github.clock()
    told = exchange(github, app.oauth, authorize(github, app.oauth)["code"])
    if what == "after six months":
        github.clock = lambda: now + told["refresh_token_expires_in"] + 60
    elif what == "after a revocation":
        github.revoke(told["access_token"])
    asks = client if what == "another client" else app.oauth
    renew = {"grant_type": "refresh_token", "refresh_token": told["refresh_token"]}
    assert exchange(github, asks, "", **renew)["error"] == "bad_refresh_token"


def status_of(github, token):
    return requests.get(f"{github.api}/user", headers={"Authorization": f"Bearer {token}"}, timeout=30).status_code


def test_a_client_asks_about_a_token_and_takes_it_back(github, client):
    token = exchange(github, client, authorize(github, client)["code"])["access_token"]
    url, me = f"{github.api}/applications/{client.client_id}/token", (client.client_id, client.secret)
    assert requests.post(url, json={"access_token": token}, auth=me, timeout=30).json()["user"]["login"] == "writer"
    assert requests.post(url, json={"access_token": token}, auth=(me[0], "no"), timeout=30).status_code == 401
    assert requests.delete(url, json={"access_token": token}, auth=me, timeout=30).status_code == 204
    assert requests.post(url, json={"access_token": token}, auth=me, timeout=30).status_code == 404
