"""Whose wrong tries count against whom: by address, and by the address that a trusted proxy tells."""

import pytest

from dashboard.auth.attempts import Attempts, TooMany
from dashboard.auth.identity import BAD_TOKENS
from dashboard.service import create_app
from tests.unit.dashboard.fakes import Fakes, World
from tests.unit.dashboard.world import People


@pytest.fixture
def proxied(settings):
    """people of an app behind so many trusted proxies."""
    return lambda count: People(create_app(settings.model_copy(update={"trusted_proxies": count}),
                                           services=Fakes(World())))


def ask(people, token: str, *, address: str, told: str | None = None) -> int:
    headers = {"Authorization": f"Bearer {token}", **({"X-Forwarded-For": told} if told else {})}
    return people.browser().get("/api/v1/account", headers=headers, environ_base={"REMOTE_ADDR": address}).status_code


def wrong(people, count: int, **where) -> list[int]:
    return [ask(people, f"ct_wrong_{number}", **where) for number in range(count)]


def test_a_good_token_is_heard_from_an_address_that_sends_wrong_ones(people):
    """S51 stops the guesser and nobody behind the same proxy."""
    good = people.token("wes")["Authorization"].removeprefix("Bearer ")
    assert wrong(people, BAD_TOKENS + 1, address="10.8.8.1") == [401] * BAD_TOKENS + [429]
    assert ask(people, good, address="10.8.8.1") == 200
    assert ask(people, "ct_wrong_again", address="10.8.8.1") == 429


def test_what_is_no_token_of_ours_is_counted_and_not_looked_up(people, world):
    statuses = [ask(people, "x" * 40, address="10.8.8.2") for _ in range(BAD_TOKENS + 1)]
    assert statuses[-1] == 429
    assert [path for _, _, path in world.calls if "by-hash" in path] == []


def test_without_a_trusted_proxy_the_header_says_nothing(people):
    """Otherwise a guesser would take a new address for each try."""
    statuses = [ask(people, f"ct_{number}", address="10.8.8.3", told=f"203.0.113.{number}")
                for number in range(BAD_TOKENS + 1)]
    assert statuses[-1] == 429


def test_behind_a_trusted_proxy_each_address_is_counted_by_itself(proxied):
    people = proxied(1)
    assert wrong(people, BAD_TOKENS + 1, address="10.8.8.4", told="203.0.113.1")[-1] == 429
    assert ask(people, "ct_wrong", address="10.8.8.4", told="203.0.113.2") == 401


def test_what_people_write_before_the_proxys_own_word_is_not_believed(proxied):
    people = proxied(1)
    statuses = [ask(people, f"ct_{number}", address="10.8.8.5", told=f"198.51.100.{number}, 203.0.113.3")
                for number in range(BAD_TOKENS + 1)]
    assert statuses[-1] == 429


def test_the_audit_log_tells_the_address_that_the_proxy_saw(proxied):
    people = proxied(1)
    client = people.browser()
    client.post("/api/v1/signin", json={"login": "wes", "password": "correct horse"},
                environ_base={"REMOTE_ADDR": "10.8.8.6"}, headers={"X-Forwarded-For": "203.0.113.9"})
    assert people.world.audit[0]["ip"] == "203.0.113.9"


def test_tries_are_heard_again_after_the_window():
    now = [100.0]
    attempts = Attempts(2, 60, clock=lambda: now[0])
    attempts.count("a")
    attempts.check("a")
    attempts.count("a")
    with pytest.raises(TooMany) as refused:
        attempts.check("a")
    assert refused.value.retry_after == 60
    attempts.check("b")
    now[0] += 61
    attempts.check("a")
