"""Whose token acts for whom."""

import pytest
from pydantic import SecretStr

from common.secrets.sealing import new_seal_key, seal
from common.wire.errors import Unauthorized
from forges import Account, Grant
from orchestrator.credentials.tokens import KEPT, AccountTokens
from tests.unit.orchestrator.hub import HubWorld

PRIVATE, PUBLIC = new_seal_key()


class World(HubWorld):
    def __init__(self):
        super().__init__()
        self.now, self.installed = 0.0, None
        self.db.accounts[3] = {"id": 3, "login": "ann", "role": "user", "forge": "github"}
        self.db.tokens[3] = seal("anns-token", PUBLIC)
        self.tokens = AccountTokens(self.db.api, "github", SecretStr(PRIVATE), self, None, PUBLIC, lambda: self.now)

    def grant(self, owner, name):
        return self.installed

    def revoked(self, token):
        self.installed = None


@pytest.fixture
def world():
    return World()


def test_a_persons_token_is_unsealed_for_what_they_ask(world):
    assert world.tokens.of_account(Account("ann", id=3)).get_secret_value() == "anns-token"
    assert world.tokens.of_account(Account("x", token=SecretStr("own"))).get_secret_value() == "own"


def test_whoever_connected_the_repo_acts_where_nobody_asks(world):
    grant = world.tokens.of_repo("ada", "hello")
    assert (grant.kind, grant.who, grant.token.get_secret_value()) == ("person", "ann", "anns-token")


def test_an_installation_goes_before_a_person(world):
    world.installed = Grant(SecretStr("apps-token"), "installation", "continuum-ci")
    grant = world.tokens.of_repo("ada", "hello")
    assert (grant.kind, grant.who, grant.token.get_secret_value()) == ("installation", "continuum-ci", "apps-token")


def test_a_revoked_token_is_thrown_away_and_its_owner_has_to_sign_in(world):
    world.tokens.revoked(world.tokens.of_repo("ada", "hello").token)
    assert world.db.tokens == {}
    with pytest.raises(Unauthorized, match="ann has to sign in again.*or let somebody else connect ada/hello"):
        world.tokens.of_repo("ada", "hello")
    world.tokens.revoked(SecretStr("of nobody"))


def test_a_former_token_that_is_refused_does_not_end_the_one_after_it(world):
    """Signed in anew a moment ago: GitHub refuses what we remembered, and the new one counts at once."""
    former = world.tokens.of_account(Account("ann", id=3))
    world.db.tokens[3] = seal("newer", PUBLIC)
    world.tokens.revoked(former)
    assert world.tokens.of_account(Account("ann", id=3)).get_secret_value() == "newer"


def test_a_new_sign_in_counts_at_once_for_the_person(world):
    world.tokens.of_account(Account("ann", id=3))
    world.db.tokens[3] = seal("may more", PUBLIC)
    assert world.tokens.of_account(Account("ann", id=3)).get_secret_value() == "may more"


def test_a_new_sign_in_counts_soon(world):
    world.tokens.of_repo("ada", "hello")
    world.db.tokens[3] = seal("newer", PUBLIC)
    world.now = KEPT + 1
    assert world.tokens.of_repo("ada", "hello").token.get_secret_value() == "newer"


def test_what_is_missing_is_said(world):
    with pytest.raises(Unauthorized, match="eve/own is not connected"):
        world.tokens.of_repo("eve", "own")
    world.repo["state"] = {}
    with pytest.raises(Unauthorized, match="nobody connected ada/hello"):
        world.tokens.of_repo("ada", "hello")
    world.repo["state"] = {"forge_account": 99}
    with pytest.raises(Unauthorized, match="account 99"):
        world.tokens.of_repo("ada", "hello")


def test_a_token_sealed_to_another_key_says_so(world):
    world.db.tokens[3] = seal("x", new_seal_key()[1])
    with pytest.raises(Unauthorized, match="ORCHESTRATOR_SEAL_KEY"):
        world.tokens.of_account(Account("ann", id=3))


def test_no_repr_shows_a_token(world):
    grant = world.tokens.of_repo("ada", "hello")
    assert "anns-token" not in repr(grant) + repr(world.tokens._kept)
