"""GitHub Apps: proof, tokens for one repository, the manifest, the check of credentials."""

import pytest
from pydantic import SecretStr

from common.wire.errors import BadRequest, Unauthorized
from forges.github import Client, GitHubApp, Urls, check_credentials, convert_manifest
from tests.unit.forges.github.access import MANIFEST, app_at, asked
from tests.unit.forges.github.fakes import Clock, client_of, reply


@pytest.fixture
def registration(github):
    return github.app(MANIFEST, "ada")


@pytest.fixture
def client(github):
    return Client(Urls(github.url, github.api))


def test_a_grant_is_for_one_repository_and_used_until_near_its_end(github, registration):
    one, _ = (github.repo(f"ada/{name}", private=True) for name in ("one", "other"))
    github.install(registration, "ada")
    app = app_at(github, registration)
    grant = app.grant("ada", "one")
    assert (grant.kind, grant.who) == ("installation", "continuum-ci")
    assert github.tokens[grant.token.get_secret_value()].only == [one.id]
    assert app.grant("ada", "one") == grant and app.grant("ada", "other") != grant
    assert len(asked(github, "POST", "/access_tokens")) == 2


def test_where_the_app_is_not_installed_it_grants_nothing(github, registration):
    github.repo("ada/one", private=True)
    app = app_at(github, registration)
    assert app.grant("ada", "one") is None and app.grant("ada", "one") is None
    assert len(asked(github, "GET", "/installation")) == 1


def test_a_repository_is_found_by_its_name_of_before(github, registration):
    one, _ = (github.repo(f"ada/{name}", private=True) for name in ("one", "other"))
    github.install(registration, "ada")
    github.move(one, "ada/renamed")
    grant = app_at(github, registration).grant("ada", "one")
    assert github.tokens[grant.token.get_secret_value()].only == [one.id]


def test_a_proof_is_used_while_it_is_good(registration):
    clock, proofs = Clock(), []
    client, fake = client_of(reply({"message": "Not Found"}, 404))
    send = fake.send
    fake.send = lambda method, url, auth, *rest: proofs.append(auth) or send(method, url, auth, *rest)
    app = GitHubApp(client, 1, "ci", SecretStr(registration.private_key), clock)
    for name, pause in (("one", 0), ("two", 420), ("three", 1)):
        clock.now += pause
        assert app.grant("ada", name) is None
    seen = [vars(auth)["_token"].get_secret_value() for auth in proofs]
    assert seen[0] == seen[1] != seen[2]


def test_an_app_that_was_taken_away_grants_nothing_more(github, registration):
    github.repo("ada/one", private=True)
    github.repo("ada/other", private=True)
    installation = github.install(registration, "ada")
    app = app_at(github, registration)
    assert app.grant("ada", "one")
    app._installed["ada/other"] = installation.id
    del github.installations[installation.id]
    assert app.grant("ada", "other") is None


def test_a_token_near_its_end_is_made_anew(registration):
    clock = Clock()
    client, _ = client_of(reply({"id": 5}), reply({"token": "ghs_1", "expires_at": "1970-01-12T14:46:40Z"}),
                             reply({"id": 5}), reply({"token": "ghs_2", "expires_at": "1970-01-12T15:46:40Z"}))
    app = GitHubApp(client, 1, "ci", SecretStr(registration.private_key), clock)
    assert app.grant("ada", "one").token.get_secret_value() == "ghs_1"
    clock.now += 3600 - 600
    assert app.grant("ada", "one").token.get_secret_value() == "ghs_2"


def test_a_token_that_was_refused_is_not_given_again(github, registration):
    github.repo("ada/one", private=True)
    github.install(registration, "ada")
    app = app_at(github, registration)
    token = app.grant("ada", "one").token
    app.revoked(token)
    assert app.grant("ada", "one").token != token


def test_an_app_that_github_does_not_know_says_what_to_do(github, registration):
    github.repo("ada/one", private=True)
    withdrawn = app_at(github, registration)
    registration.private_key = github.app(MANIFEST, "ada").private_key
    with pytest.raises(Unauthorized, match="register it anew"):
        withdrawn.grant("ada", "one")
    registration.private_key = "canary"
    with pytest.raises(Unauthorized, match="cannot be read") as told:
        app_at(github, registration).grant("ada", "one")
    assert "canary" not in str(told.value)


def test_a_manifests_code_is_good_once(github, client):
    github.manifests["c0de"] = (MANIFEST, github.account("ada"))
    made = convert_manifest(client, "c0de")
    there = github.apps[int(made.app_id)]
    assert (made.slug, made.client_id) == ("continuum-ci", there.oauth.client_id)
    assert made.private_key.get_secret_value() == there.private_key
    assert "BEGIN" not in repr(made) and there.oauth.secret not in repr(made)
    with pytest.raises(BadRequest, match="good once"):
        convert_manifest(client, "c0de")
    with pytest.raises(BadRequest, match="no code"):
        convert_manifest(client, "../user")


def test_credentials_are_checked_by_what_github_says_of_a_bogus_token(github, client):
    app = github.oauth_app("http://localhost:1/callback")
    assert check_credentials(client, app.client_id, SecretStr(app.secret)) is None
    assert "does not know" in check_credentials(client, app.client_id, SecretStr("wrong"))
    assert "does not know" in check_credentials(client, "Ov23liOther", SecretStr(app.secret))
    assert "no client ID" in check_credentials(client, "../x", SecretStr("y"))
