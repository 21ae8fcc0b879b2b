"""Sign-ins that end are renewed in time, once, whoever asks; with the stand-in's refresh tokens, which count once."""

import threading
import time
from types import SimpleNamespace

import pytest
from pydantic import SecretStr

from common.secrets.sealing import new_seal_key, seal, unseal
from common.secrets.signin import SignIn
from common.wire.errors import Unauthorized, Unavailable
from forges import Account
from forges.github import Client, Urls
from forges.github.guard import Guard
from forges.github.signin import renew
from forges.github.transport import HttpTransport
from orchestrator.credentials.renewal import SPARE
from orchestrator.credentials.tokens import AccountTokens
from tests.github import serve
from tests.github.routes import oauth
from tests.github.state import Refresh
from tests.unit.orchestrator.fakes import FakeDb
from tests.unit.orchestrator.on_github import NoApp

PRIVATE, PUBLIC = new_seal_key()
ANN = Account("ann", id=3)
APP = {"name": "CI", "url": "http://localhost:1", "callback_urls": ["http://localhost:1"]}


class World:
    """ann signed in by way of an App; each `process()` is another orchestrator's view of her token."""

    def __init__(self, github):
        self.github, self.db, self.asked = github, FakeDb(), []
        github.user("ann")
        self.app = github.app(APP, "ann")
        self.db.accounts[3] = {"id": 3, "login": "ann", "role": "user", "forge": "github"}
        self.urls = Urls(github.url, github.api)
        self.sign_in()

    def sign_in(self, left=28800):
        """With a token that has so many seconds left."""
        token = self.github.token("ann", client=self.app.oauth)
        token.expires = time.time() + left
        self.github.refreshes[f"ghr_{token.value}"] = Refresh(token, time.time() + oauth.REFRESH_LIFE)
        self.keep(SignIn(SecretStr(token.value), SecretStr(f"ghr_{token.value}"), token.expires))
        return token.value

    def keep(self, made):
        self.db.tokens[3], self.db.scopes[3] = seal(made.text, PUBLIC), ["kept"]

    def kept(self):
        return SignIn.of_text(unseal(self.db.tokens[3], PRIVATE))

    def process(self):
        client = self.app.oauth
        return AccountTokens(self.db.api, "github", SecretStr(PRIVATE), NoApp(), lambda refresh: self.asked.append(refresh) or renew(
            HttpTransport(Guard(None)), self.urls, client.client_id, SecretStr(client.secret), refresh), PUBLIC)

    def login(self, tokens):
        """What GitHub says to the token that counts for ann."""
        return Client(self.urls, tokens.revoked).get("/user", tokens.of_account(ANN))["login"]


@pytest.fixture
def world(tmp_path):
    with serve(tmp_path / "github") as github:
        yield World(github)


def test_a_token_near_its_end_is_renewed_before_it_is_used_and_kept_sealed(world):
    before = world.sign_in(left=SPARE - 5)
    tokens = world.process()
    assert world.login(tokens) == "ann" and world.login(tokens) == "ann" and len(world.asked) == 1
    kept = world.kept()
    assert kept.token.get_secret_value() != before and kept.ends > time.time() + 28000
    assert kept.refresh.get_secret_value() not in world.db.tokens[3] and world.db.scopes[3] == ["kept"]
    assert world.db.leases == {}


def test_a_token_with_time_left_and_one_without_an_end_are_used_as_they_are(world):
    value = world.kept().token
    assert world.process().of_account(ANN) == value
    world.keep(SignIn(SecretStr("gho_old")))
    assert world.process().of_account(ANN).get_secret_value() == "gho_old" and world.asked == []


def test_a_token_that_github_refuses_is_renewed_and_the_next_question_is_answered(world):
    tokens = world.process()
    world.github.tokens[tokens.of_account(ANN).get_secret_value()].expires = 0
    with pytest.raises(Unauthorized, match="does not accept"):
        world.login(tokens)
    assert world.login(tokens) == "ann" and len(world.asked) == 1


def test_many_at_once_in_two_processes_ask_once_and_lose_nothing(world):
    world.sign_in(left=5)
    processes, answers = [world.process(), world.process()], []
    threads = [threading.Thread(target=lambda tokens=tokens: answers.append(tokens.of_account(ANN).get_secret_value()))
               for tokens in processes * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(answers) == 8 and set(answers) == {world.kept().token.get_secret_value()} and len(world.asked) == 1
    assert world.login(processes[0]) == "ann"


def test_what_another_process_renewed_meanwhile_is_not_taken_for_a_revocation(world):
    """Its use ended the token that we hold: GitHub says 401 to it, and the new one is stored."""
    here, there = world.process(), world.process()
    old = here.of_account(ANN)
    world.github.tokens[old.get_secret_value()].expires = 0
    there.of_account(ANN), there.revoked(old)
    here.revoked(old)
    assert world.login(here) == "ann" and len(world.asked) == 1


@pytest.mark.parametrize("why", ["revoked", "its six months are over"])
def test_where_github_refuses_the_person_has_to_sign_in_again(world, why):
    value = world.sign_in(left=5)
    if why == "revoked":
        world.github.revoke(value)
    else:
        world.github.refreshes[f"ghr_{value}"].until = 0
    with pytest.raises(Unauthorized, match="ann has to sign in again") as told:
        world.process().of_account(ANN)
    assert told.value.error == "sign_in_again" and world.db.tokens == {} and "ghr_" not in str(told.value)


@pytest.mark.parametrize("kind", ["500", "html", "truncated"])
def test_while_github_is_away_a_token_serves_to_its_end_and_is_not_thrown_away(world, kind):
    world.github.faults.add(kind, "/login/oauth/access_token")
    value = world.sign_in(left=60)
    assert world.process().of_account(ANN).get_secret_value() == value
    world.sign_in(left=-5)
    with pytest.raises(Unavailable):
        world.process().of_account(ANN)
    world.github.faults.clear()
    assert world.login(world.process()) == "ann"


def test_a_wrong_secret_of_ours_signs_nobody_out(world):
    world.sign_in(left=-5)
    world.app.oauth, right = SimpleNamespace(client_id=world.app.oauth.client_id, secret="wrong"), world.app.oauth
    with pytest.raises(Unavailable, match="an owner checks the registration"):
        world.process().of_account(ANN)
    world.app.oauth = right
    assert world.login(world.process()) == "ann"


def test_who_signed_in_anew_while_the_old_one_was_refused_stays_in(world):
    old = world.kept()
    world.github.revoke(old.token.get_secret_value())
    tokens = world.process()
    tokens.of_account(ANN)
    newer = world.sign_in()
    tokens.revoked(old.token)
    assert world.kept().token.get_secret_value() == newer and world.login(tokens) == "ann"


def test_no_repr_shows_a_secret(world):
    assert "gh" not in repr(world.kept())


def test_who_signed_in_anew_while_the_renewal_was_refused_stays_in(world):
    old = world.sign_in(left=5)
    tokens = world.process()

    def slow_refusal(refresh):
        world.github.revoke(old)
        world.newer = world.sign_in()
        raise Unauthorized("no", error="sign_in_again")
    tokens._renewal._ask = slow_refusal
    with pytest.raises(Unauthorized):
        tokens.of_account(ANN)
    assert world.kept().token.get_secret_value() == world.newer and world.login(tokens) == "ann"
