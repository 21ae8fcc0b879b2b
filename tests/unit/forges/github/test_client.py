"""The one door to the API: conditional reads, limits, what is wrong with an answer, where a token goes."""

import pytest
from pydantic import SecretStr

from common.wire.errors import Forbidden, NotFound, Unauthorized
from forges.github.problems import Away, Broken, NeedsScope, NotTheApi, RateLimited, Slow
from tests.unit.forges.github.fakes import TOKEN, Clock, client_of, page, reply


def test_a_read_is_conditional_and_an_unchanged_answer_comes_from_memory():
    client, fake = client_of(reply({"a": 1}, ETag='"x"'), reply(status=304))
    assert client.get("/user", TOKEN) == client.get("/user", TOKEN) == {"a": 1}
    assert [headers.get("If-None-Match") for _, _, headers, _ in fake.asked] == [None, '"x"']


def test_what_one_token_read_is_not_given_to_another():
    client, fake = client_of(reply({"a": 1}, ETag='"x"'))
    client.get("/user", TOKEN), client.get("/user", SecretStr("gho_other"))
    assert "If-None-Match" not in fake.asked[1][2]


def test_pages_are_followed_by_their_links():
    url = "https://api.github.com/user/repos"
    link = f'<{url}?page=1>; rel="prev", <{url}?page=2>; rel="next", <{url}?page=9>; rel="last"'
    client, fake = client_of(reply([1], Link=link), reply([2]))
    assert list(client.pages("/user/repos", TOKEN)) == [[1], [2]]
    assert [url for _, url, *_ in fake.asked] == ["https://api.github.com/user/repos?per_page=100",
                                                  "https://api.github.com/user/repos?page=2"]


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest", "https://api.github.com.evil.example/x",
                                 "https://api.github.com:8443/x", "http://api.github.com/x", "https://evil.example/x"])
def test_a_link_or_a_redirect_out_of_the_api_is_not_followed(url):
    client, fake = client_of(reply([1], Link=f'<{url}>; rel="next"'))
    with pytest.raises(NotTheApi, match="not its API"):
        list(client.pages("/user/repos", TOKEN))
    moved, fake_moved = client_of(reply(status=302, Location=url))
    with pytest.raises(NotTheApi, match="not its API"):
        moved.get("/user", TOKEN)
    assert len(fake.asked) == len(fake_moved.asked) == 1


def test_a_redirect_within_the_api_is_followed_with_its_method():
    client, fake = client_of(reply(status=307, Location="https://api.github.com/repositories/7/x"), reply({"id": 1}))
    assert client.change("POST", "/repos/a/old/x", TOKEN, {"b": 2}) == {"id": 1}
    assert fake.asked[1][:2] == ("POST", "https://api.github.com/repositories/7/x") and fake.asked[1][3] == {"b": 2}


def test_redirects_in_a_circle_end():
    client, fake = client_of(reply(status=301, Location="/user"))
    with pytest.raises(NotTheApi, match="without an end"):
        client.get("/user", TOKEN)
    assert len(fake.asked) == 4


def test_the_hourly_limit_is_watched_and_nothing_is_asked_while_it_is_used_up():
    clock = Clock(1000)
    rate = {"X_RateLimit_Limit": 5000, "X_RateLimit_Remaining": 0, "X_RateLimit_Reset": 1600}
    client, fake = client_of(reply({}, **rate), reply({}), clock=clock)
    client.get("/user", TOKEN)
    with pytest.raises(RateLimited, match="5000 requests an hour .* answers again in 10 minutes") as told:
        client.get("/user", TOKEN)
    assert told.value.status == 429 and told.value.retry_after == 600 and len(fake.asked) == 1
    client.get("/user", SecretStr("gho_other"))
    clock.now = 1600
    client.get("/user", TOKEN)
    assert len(fake.asked) == 3


@pytest.mark.parametrize("status, headers, said, seconds", [
    (403, {"Retry_After": 30}, "You have exceeded a secondary rate limit", 30),
    (429, {"Retry_After": 7}, "slow down", 7),
    (403, {}, "You have exceeded a secondary rate limit", 60),
    (429, {}, "", 60),
])
def test_a_secondary_limit_is_honoured(status, headers, said, seconds):
    clock = Clock(1000)
    client, fake = client_of(reply({"message": said}, status, **headers), reply({}), clock=clock)
    with pytest.raises(RateLimited) as told:
        client.get("/user", TOKEN)
    assert told.value.retry_after == seconds and client.limits.of(TOKEN).paused_until == 1000 + seconds
    assert not client.limits.low(TOKEN)
    clock.now += seconds - 1
    with pytest.raises(RateLimited):
        client.change("POST", "/x", TOKEN)
    assert len(fake.asked) == 1
    clock.now += 1
    assert client.get("/user", TOKEN) == {}


def test_an_answer_that_was_on_its_way_ends_no_pause():
    clock = Clock(1000)
    rate = {"X_RateLimit_Limit": 5000, "X_RateLimit_Reset": 1600}
    client, _ = client_of(reply({}, 403, Retry_After=30, X_RateLimit_Remaining=3000, **rate), clock=clock)
    with pytest.raises(RateLimited):
        client.get("/user", TOKEN)
    client.limits.note(TOKEN, reply({}, X_RateLimit_Remaining=3001, **rate))
    with pytest.raises(RateLimited):
        client.limits.check(TOKEN)
    assert client.limits.of(TOKEN).remaining == 3000
    clock.now += 30
    client.limits.check(TOKEN)


def test_a_403_of_another_kind_is_no_limit():
    client, _ = client_of(reply({"message": "Must have admin rights to Repository."}, 403,
                                X_RateLimit_Limit=5000, X_RateLimit_Remaining=10, X_RateLimit_Reset=9))
    with pytest.raises(Forbidden, match="Must have admin rights"):
        client.get("/user", TOKEN)


@pytest.mark.parametrize("answer, kind, says", [
    (reply({"message": "Not Found"}, 404), NotFound, "gone, was renamed, or its owner took the access back"),
    (reply({"message": "boom"}, 500), Broken, "a problem of its own; try again"),
    (page("<h1>Unicorn", 502), Broken, "answered 502"),
    (page("<h1>Sign in to the proxy"), NotTheApi, "whether a proxy stands between"),
    (page("<h1>No such page", 404), NotTheApi, "GITHUB_API_URL"),
    (reply({"message": "SSO"}, 403, X_GitHub_SSO="required; url=https://github.com/x"), Forbidden, "single sign-on"),
    (reply({"message": "Repository was archived so is read-only."}, 403), Forbidden, "archived"),
    (reply({"message": "Bad credentials"}, 401), Unauthorized, "sign in again"),
    (Slow("github.com does not answer in time"), Slow, "in time"),
])
def test_each_bad_day_has_its_own_sentence(answer, kind, says):
    client, _ = client_of(answer)
    with pytest.raises(kind, match=says):
        client.get("/user", TOKEN)


def test_a_refused_token_is_told_and_a_page_for_people_refuses_none():
    refused = []
    client, _ = client_of(reply({"message": "Bad credentials"}, 401), page("<h1>Proxy", 401), revoked=refused.append)
    with pytest.raises(Unauthorized):
        client.get("/user", TOKEN)
    with pytest.raises(NotTheApi):
        client.get("/user", TOKEN)
    assert refused == [TOKEN]


def test_reads_are_tried_again_and_changes_are_not():
    client, fake = client_of(Away("no"), reply({}, 503), reply({"a": 1}))
    assert client.get("/user", TOKEN) == {"a": 1} and len(fake.asked) == 3
    client, fake = client_of(reply({}, 503), reply({"a": 1}))
    with pytest.raises(Broken):
        client.change("POST", "/x", TOKEN)
    assert len(fake.asked) == 1


def test_a_missing_scope_is_named_for_changes_and_never_for_reads():
    answer = reply({"message": "Not Found"}, 404, X_OAuth_Scopes="read:user", X_Accepted_OAuth_Scopes="repo")
    client, _ = client_of(answer)
    with pytest.raises(NeedsScope, match="asks for the right 'repo'"):
        client.change("POST", "/repos/a/b/hooks", TOKEN)
    with pytest.raises(NotFound):
        client.get("/repos/a/b", TOKEN)


def test_a_token_is_in_no_address_error_or_repr():
    client, fake = client_of(reply({"message": "gone"}, 404))
    with pytest.raises(NotFound) as told:
        client.get("/user", TOKEN, {"page": 2})
    assert "canary" not in f"{told.value} {fake.asked} {TOKEN!r} {client.limits._rates} {client.__dict__}"
