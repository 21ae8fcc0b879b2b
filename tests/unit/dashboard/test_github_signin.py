"""Sign-in with GitHub: what the first redirect asks for, whose state counts, and bad days of GitHub."""

import html
import json
import random
import re
import time
from string import ascii_letters
from urllib.parse import parse_qs, urlsplit

import pytest

from common.secrets.sealing import unseal
from common.secrets.signin import SignIn
from dashboard.forge import states
from forges.github import signin
from tests.unit.dashboard.github_visitors import CALLBACK, begin, come_in
from tests.unit.dashboard.world import csrf_of


def asked(location: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def test_the_first_redirect_asks_for_little_with_state_and_pkce(on_github):
    """S3."""
    location = begin(on_github.browser())
    query = asked(location)
    assert location.startswith("https://github.example/login/oauth/authorize?")
    assert query["code_challenge_method"] == "S256" and len(query["code_challenge"]) == 43 and len(query["state"]) >= 32
    assert "scope" not in query and query["redirect_uri"] == "https://ci.example/signin/github/callback"


def test_organisations_and_repositories_are_asked_for_when_they_are_needed(on_github, settings_of):
    settings_of(github_orgs="acme")
    client = on_github.browser()
    assert asked(begin(client))["scope"] == "read:org"
    assert asked(begin(client, "?wants=repositories"))["scope"] == "read:org repo"
    assert "organisations that you belong to" in client.get("/signin").text


def test_the_page_says_what_will_be_asked_before_the_first_redirect(on_github):
    shown = on_github.browser().get("/signin").text
    assert "public profile" in shown and 'href="/signin/github?next=/"' in shown and "read:org" not in shown


def test_a_person_comes_in_and_their_token_is_kept_sealed(on_github, settings_of, keys):
    settings_of(github_users="wes, id:101")
    client, world = on_github.browser(), on_github.world
    answer = come_in(on_github, client, "wes", "?next=/status")
    assert answer.status_code == 303 and answer.headers["Location"] == "/status"
    account = next(item for item in world.accounts.values() if item["forge"] == "github")
    assert (account["login"], account["external_id"], account["role"]) == ("wes", "102", "user")
    kept = world.forge_tokens[account["id"]]
    assert unseal(kept["sealed"], keys["orchestrator"][0]) == "gho_wes" and "gho_wes" not in json.dumps(kept)
    assert client.get("/api/v1/account").json["login"] == "wes"
    assert world.audit[0]["action"] == "sign.in"


def test_what_renews_a_token_that_ends_is_kept_sealed_with_it(on_github, settings_of, keys):
    settings_of(github_users="wes")
    on_github.world.github.expiring = True
    come_in(on_github, on_github.browser(), "wes")
    (kept,) = on_github.world.forge_tokens.values()
    sign_in = SignIn.of_text(unseal(kept["sealed"], keys["orchestrator"][0]))
    assert (sign_in.token.get_secret_value(), sign_in.refresh.get_secret_value()) == ("gho_wes", "ghr_wes")
    assert time.time() + 28700 < sign_in.ends <= time.time() + 28800 and "ghr_" not in json.dumps(kept)


def test_a_code_of_another_with_their_state_does_nothing_in_this_browser(on_github, settings_of):
    """S1: the state counts in the browser that began it alone."""
    settings_of(github_users="eve,wes")
    stolen = on_github.world.github.authorize(begin(on_github.browser()), "eve")
    victim = on_github.browser()
    begin(victim)
    assert victim.get(CALLBACK, query_string=stolen).status_code == 400
    assert victim.get("/api/v1/account").status_code == 401


def test_a_code_of_another_with_this_browsers_state_does_nothing_either(on_github, settings_of):
    """S1: the code belongs to another verifier."""
    settings_of(github_users="eve,wes")
    code = on_github.world.github.authorize(begin(on_github.browser()), "eve")["code"]
    victim = on_github.browser()
    state = asked(begin(victim))["state"]
    assert victim.get(CALLBACK, query_string={"code": code, "state": state}).status_code == 400
    assert victim.get("/api/v1/account").status_code == 401


@pytest.mark.parametrize("query", [{}, {"code": "code-1"}, {"code": "code-1", "state": ""}, {"code": "code-1", "state": "x" * 32}])
def test_a_callback_without_our_state_is_refused(on_github, query):
    """S2."""
    client = on_github.browser()
    begin(client)
    answer = client.get(CALLBACK, query_string=query)
    assert answer.status_code == 400 and "begin it again" in answer.text


def test_a_callback_counts_once(on_github, settings_of):
    """S2: reused."""
    settings_of(github_users="wes")
    client = on_github.browser()
    back = on_github.world.github.authorize(begin(client), "wes")
    assert client.get(CALLBACK, query_string=back).status_code == 303
    assert client.get(CALLBACK, query_string=back).status_code == 400


def test_a_refused_code_uses_the_state_up(on_github):
    client = on_github.browser()
    state = asked(begin(client))["state"]
    assert client.get(CALLBACK, query_string={"code": "wrong", "state": state}).status_code == 400
    again = client.get(CALLBACK, query_string={"code": "wrong", "state": state})
    assert again.status_code == 400 and "used already" in again.text


def test_a_state_ends_after_ten_minutes(on_github, settings_of, monkeypatch):
    settings_of(github_users="wes")
    client = on_github.browser()
    back = on_github.world.github.authorize(begin(client), "wes")
    later = time.time() + states.MINUTES * 60 + 1
    monkeypatch.setattr(states.time, "time", lambda: later)
    assert client.get(CALLBACK, query_string=back).status_code == 400


@pytest.mark.parametrize("letters", ["x", ascii_letters, "".join(map(chr, range(0x4e00, 0x9fa5)))])
def test_abandoned_sign_ins_break_no_later_one(on_github, settings_of, letters):
    """The cookie stays small enough for a browser to keep it, however often somebody turns away."""
    settings_of(github_users="wes")
    client, chance = on_github.browser(), random.Random(1)
    for number in range(50):
        begin(client, f"?next=/repos%3Fq={''.join(chance.choices(letters, k=250))}{number}")
    cookie = client.get_cookie("__Host-continuum_github")
    assert len(f"{cookie.key}={cookie.value}") < 3500
    assert come_in(on_github, client, "wes").status_code == 303


def test_two_tabs_may_sign_in_side_by_side(on_github, settings_of):
    settings_of(github_users="wes")
    client = on_github.browser()
    first, second = (on_github.world.github.authorize(begin(client), "wes") for _ in range(2))
    assert client.get(CALLBACK, query_string=second).status_code == 303
    assert client.get(CALLBACK, query_string=first).status_code == 303


@pytest.mark.parametrize("wanted", ["//evil.example", "/\\evil.example", "https:evil.example", "https://evil.example"])
def test_next_stays_on_this_site(on_github, settings_of, wanted):
    """S4."""
    settings_of(github_users="wes")
    client = on_github.browser()
    location = begin(client, "?" + f"next={wanted}")
    assert client.get(CALLBACK, query_string=on_github.world.github.authorize(location, "wes")).headers["Location"] == "/"


def interrupted(on_github, **fields) -> tuple:
    """A form that is sent after its session's end: (the browser, the page of the sign-in that it gets)."""
    client = on_github.browser()
    client.set_cookie("__Host-continuum", "ended", domain="localhost", secure=True, path="/")
    answer = client.post("/account/tokens", data=fields, headers={"Referer": "https://localhost/account"})
    return client, client.get(answer.headers["Location"]).text


def link_of(page: str) -> str:
    return html.unescape(re.search(r'href="(/signin/github[^"]*)"', page)[1])


def test_a_form_outlives_its_session_on_the_way_over_github_too(on_github, settings_of):
    settings_of(github_users="wes")
    client, page = interrupted(on_github, name="my <laptop>", scope="read")
    assert "What you typed is kept" in page
    state = asked(client.get(link_of(page)).headers["Location"])["state"]
    page = client.get(CALLBACK, query_string={"error": "access_denied", "state": state}).text      # and once more
    location = client.get(link_of(page)).headers["Location"]
    answer = client.get(CALLBACK, query_string=on_github.world.github.authorize(location, "wes"))
    assert answer.headers["Location"] == "/resume" and "laptop" not in location
    form = client.get("/resume").text
    assert 'action="/account/tokens"' in form and 'value="my &lt;laptop&gt;"' in form
    assert client.get("/resume").headers["Location"] == "/repos", "it comes back once"


def test_a_form_of_another_browser_is_not_carried_over_github(on_github, settings_of):
    settings_of(github_users="wes")
    _, page = interrupted(on_github, name="planted", scope="admin")
    other = on_github.browser()
    location = other.get(link_of(page)).headers["Location"]
    answer = other.get(CALLBACK, query_string=on_github.world.github.authorize(location, "wes"))
    assert answer.headers["Location"] == "/account" and other.get("/resume").headers["Location"] == "/repos"


def test_a_form_that_no_cookie_holds_is_not_promised_and_harms_no_sign_in(on_github, settings_of):
    settings_of(github_users="wes", forges="github")
    chance = random.Random(1)
    client, page = interrupted(on_github, name="".join(chance.choices(ascii_letters, k=3990)))
    assert "What you typed" not in page
    location = client.get(link_of(page)).headers["Location"]
    answer = client.get(CALLBACK, query_string=on_github.world.github.authorize(location, "wes"))
    assert answer.headers["Location"] == "/account"


def test_a_cookie_replayed_after_sign_out_is_worth_nothing(on_github, settings_of):
    """S6."""
    settings_of(github_users="wes")
    client = on_github.browser()
    come_in(on_github, client, "wes")
    cookie = client.get_cookie("__Host-continuum").value
    client.post("/signout", data={"csrf": csrf_of(client)})
    replayed = on_github.browser().get("/api/v1/account", headers={"Cookie": f"__Host-continuum={cookie}"})
    assert replayed.status_code == 401


@pytest.mark.parametrize("trouble, sentence", [("down", "GitHub"), ("html", "no JSON|does not answer as it should")])
def test_bad_days_of_github_are_told_and_break_nothing(on_github, trouble, sentence):
    client = on_github.browser()
    back = on_github.world.github.authorize(begin(client), "wes")
    setattr(on_github.world.github, trouble, True)
    answer = client.get(CALLBACK, query_string=back)
    assert answer.status_code == 503 and re.search(sentence, answer.text) and "Traceback" not in answer.text


@pytest.mark.parametrize("headers", [{"X-RateLimit-Remaining": "0"}, {"Retry-After": "60"}])
def test_a_rate_limit_is_no_word_on_who_may_come_in(on_github, settings_of, monkeypatch, headers):
    """Answered when the organisation is asked about: a member is not told that they are none."""
    settings_of(github_orgs="acme")
    monkeypatch.setattr(signin, "exchange", limit_after(signin.exchange, on_github.world.github, headers))
    on_github.world.github.orgs["acme"] = {"wes"}
    answer = come_in(on_github, on_github.browser(), "wes")
    assert answer.status_code == 503 and "rate limit" in answer.text and "not among those" not in answer.text


def test_a_token_that_is_refused_at_once_is_told_on_the_page(on_github, settings_of):
    settings_of(github_users="wes")
    client = on_github.browser()
    back = on_github.world.github.authorize(begin(client), "wes")
    on_github.world.github.refuses_tokens = True
    answer = client.get(CALLBACK, query_string=back)
    assert answer.status_code == 503 and "does not accept the token" in answer.text
    assert client.get("/api/v1/account").status_code == 401


def limit_after(call, github, headers):
    def called(*given):
        answer = call(*given)
        github.limited = headers
        return answer
    return called


def test_the_client_secret_follows_no_redirect(on_github, settings_of):
    """Wherever the answer points to, it would be sent along."""
    settings_of(github_users="wes")
    client, github = on_github.browser(), on_github.world.github
    back = github.authorize(begin(client), "wes")
    github.moved = "https://github.example/login/oauth/access_token?again"
    assert client.get(CALLBACK, query_string=back).status_code == 503 and github.asked == ["/login/oauth/access_token"]


def test_a_wrong_client_secret_is_told_as_what_it_is(on_github):
    on_github.world.github.secret = "another"
    answer = come_in(on_github, on_github.browser(), "wes")
    assert answer.status_code == 400 and "client secret" in answer.text


def test_a_person_who_says_no_at_github_is_back_on_the_page(on_github):
    client = on_github.browser()
    state = asked(begin(client))["state"]
    answer = client.get(CALLBACK, query_string={"error": "access_denied", "state": state})
    assert answer.status_code == 403 and "did not let you through" in answer.text


def test_no_secret_of_the_exchange_is_in_an_answer_or_a_log(on_github, settings_of, caplog):
    """S43."""
    settings_of(github_users="wes")
    client = on_github.browser()
    back = on_github.world.github.authorize(begin(client), "wes")
    shown = client.get(CALLBACK, query_string={**back, "code": "code-wrong"}).text
    shown += come_in(on_github, client, "wes").text + client.get("/account").text + caplog.text
    for secret in ("gho_wes", "s" * 40, "code-wrong"):
        assert secret not in shown


def test_without_github_there_is_nothing_of_it(people):
    client = people.browser()
    assert client.get("/signin/github").status_code == 404 and "GitHub" not in client.get("/signin").text
