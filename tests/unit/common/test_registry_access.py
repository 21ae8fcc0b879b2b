"""A service asks orchestrator for its registry tokens, and keeps each until shortly before its end."""

import pytest

from common.secrets.tokens import new_key
from common.wire.errors import Forbidden
from common.worker.registry_access import RegistryAccess


class Orchestrator:
    def __init__(self):
        self.calls, self.refuses = [], False

    def post(self, path, json):
        self.calls.append((path, json))
        if self.refuses:
            raise Forbidden("no")
        return {"token": f"token {len(self.calls)}", "expires_in": 300}


@pytest.fixture
def clock():
    return [1000.0]


@pytest.fixture
def access(clock):
    made = RegistryAccess("scanner", new_key()[0], clock=lambda: clock[0])
    made._orchestrator = Orchestrator()
    return made


def test_what_is_asked_for(access):
    assert access.token("apps/a/b", "pull", run=5) == "token 1"
    assert access._orchestrator.calls == [("/v1/registry/token",
                                           {"access": [{"name": "apps/a/b", "actions": ["pull"]}], "run": 5})]


def test_one_token_serves_until_a_minute_before_its_end(access, clock):
    first = access.token("apps/a/b", "pull")
    clock[0] += 239
    assert access.token("apps/a/b", "pull") == first
    clock[0] += 2
    assert access.token("apps/a/b", "pull") == "token 2"


def test_another_name_purpose_or_build_is_another_token(access):
    wanted = [(("apps/a/b", "pull"), {}), (("apps/a/c", "pull"), {}), (("apps/a/b", "pull", "push"), {}),
              (("apps/a/b", "pull"), {"run": 1}), (("apps/a/b", "pull"), {"run": 2})]
    assert len({access.token(*words, **more) for words, more in wanted}) == len(wanted)


def test_a_refusal_is_no_token(access):
    access._orchestrator.refuses = True
    with pytest.raises(Forbidden):
        access.token("apps/a/b", "push")
