"""GitHub's bad days over real connections: what forges/github makes of them, in words with a next step."""

import pytest
from pydantic import SecretStr

from common.wire.errors import Unauthorized
from forges.base import Status
from forges.github import Client, GitHubForge, Urls
from forges.github.guard import Guard
from forges.github.problems import Broken, NotTheApi, RateLimited, Slow
from forges.github.transport import HttpTransport
from tests.contract.github.partners import Settings, Tokens, forge_at, person
from tests.github import serve

SHA = "a" * 40


@pytest.fixture()
def github(tmp_path):
    """Not judged: these answers are wrong on purpose."""
    with serve(tmp_path / "github") as made:
        made.user("writer")
        made.repo("writer/app", files={"Dockerfile": "FROM scratch\n"})
        yield made


@pytest.fixture()
def tokens(github):
    return Tokens(person("writer", github.token("writer", "repo").value))


@pytest.fixture()
def forge(github, tokens):
    return forge_at(github.url, github.api, tokens)


@pytest.mark.parametrize("kind,problem", [("500", Broken), ("502", Broken), ("html", NotTheApi),
                                          ("truncated", NotTheApi), ("secondary", RateLimited), ("401", Unauthorized)])
def test_each_is_told_and_the_next_day_is_a_good_one(github, forge, tokens, kind, problem):
    github.faults.add(kind, seconds=1)
    with pytest.raises(problem) as told:
        forge.repo("writer", "app")
    assert tokens.person.token.get_secret_value() not in str(told.value)
    github.faults.clear()
    fresh = forge_at(github.url, github.api, tokens)
    assert fresh.repo("writer", "app").path == "writer/app"


@pytest.mark.parametrize("status", [400, 403, 404, 407])
def test_a_proxys_page_with_a_4xx_is_not_taken_for_githubs_word(github, forge, tokens, status):
    """Neither "gone" nor "revoked": somebody stands between."""
    github.faults.add("page", status=status)
    with pytest.raises(NotTheApi, match=f"answered {status} with a page for people.*a proxy stands between"):
        forge.repo("writer", "app")
    assert tokens.refused == []


def test_a_login_page_in_between_revokes_nothing(github, forge, tokens):
    github.faults.add("page", status=401)
    with pytest.raises(NotTheApi):
        forge.repo("writer", "app")
    assert tokens.refused == []


def test_a_stumble_is_not_noticed(github, forge):
    github.faults.add("502", times=1)
    assert forge.repo("writer", "app").path == "writer/app"


def test_what_changes_something_is_sent_once(github, forge):
    github.faults.add("502", "/statuses/", times=1)
    with pytest.raises(Broken):
        forge.set_status("writer", "app", Status(SHA, "success", "continuum", "", ""))
    assert [path for method, path, _ in github.seen if method == "POST"] == [f"/api/v3/repos/writer/app/statuses/{SHA}"]


def test_a_secondary_limit_is_kept_to_without_another_request(github, forge):
    github.faults.add("secondary", times=1, seconds=60)
    for _ in range(3):
        with pytest.raises(RateLimited) as told:
            forge.repo("writer", "app")
    assert 0 < told.value.retry_after <= 60 and len(github.seen) == 1


def test_the_limit_of_one_person_is_not_anothers(github, forge, tokens):
    github.user("reader")
    github.limits.exhaust(github.tokens[tokens.person.token.get_secret_value()])
    with pytest.raises(RateLimited, match="used up"):
        forge.repo("writer", "app")
    assert forge.repo("writer", "app", person("reader", github.token("reader", "repo").value)).path == "writer/app"


def test_slow_is_not_waited_for_forever(github, tokens):
    urls = Urls.of(Settings(github.url, github.api))
    client = Client(urls, tokens.revoked, transport=HttpTransport(Guard(None), read_timeout=0.2))
    github.faults.add("slow")
    with pytest.raises(Slow):
        GitHubForge(urls, tokens, client).repo("writer", "app")


def test_a_token_of_another_time_is_said_to_be_refused(github, forge, tokens):
    stranger = person("writer", "gho_of_another_time")
    with pytest.raises(Unauthorized, match="sign in again"):
        forge.repo("writer", "app", stranger)
    assert tokens.refused == [SecretStr("gho_of_another_time")]
