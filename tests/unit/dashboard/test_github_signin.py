"""Sign-in with GitHub: what the first redirect asks for, whose state counts, who may come in, what ends it."""

import json
import re
import time
from urllib.parse import parse_qs, urlsplit

import pytest

from common.sealing import unseal
from dashboard.github import states

from tests.unit.dashboard.world import csrf_of

CALLBACK = "/signin/github/callback"


@pytest.fixture
def settings_of(on_github, monkeypatch):
    """Settings changed for one test: `settings_of(github_users="sam")`."""
    def change(**values):
        monkeypatch.setitem(on_github.app.config, "SETTINGS", on_github.app.config["SETTINGS"].model_copy(update=values))
    return change


def begin(client, query: str = "") -> str:
    answer = client.get(f"/signin/github{query}")
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def come_in(people, client, login: str, query: str = ""):
    return client.get(CALLBACK, query_string=people.world.github.authorize(begin(client, query), login))


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


def test_abandoned_sign_ins_break_no_later_one(on_github, settings_of):
    """The cookie stays small enough for a browser to keep it, however often somebody turns away."""
    settings_of(github_users="wes")
    client = on_github.browser()
    for number in range(50):
        begin(client, f"?next=/repos%3Fq={'x' * 250}{number}")
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


def test_a_cookie_replayed_after_sign_out_is_worth_nothing(on_github, settings_of):
    """S6."""
    settings_of(github_users="wes")
    client = on_github.browser()
    come_in(on_github, client, "wes")
    cookie = client.get_cookie("__Host-continuum").value
    client.post("/signout", data={"csrf": csrf_of(client)})
    replayed = on_github.browser().get("/api/v1/account", headers={"Cookie": f"__Host-continuum={cookie}"})
    assert replayed.status_code == 401


@pytest.mark.parametrize("lists, login, role", [
    ({}, "wes", None), ({"github_users": "ann"}, "wes", None), ({"github_users": "WES"}, "wes", "user"),
    ({"github_users": "id:102"}, "wes", "user"), ({"github_users": "102"}, "wes", None),
    ({"github_owners": "wes"}, "wes", "owner"), ({"github_owners": "ann"}, "wes", None),
    ({"github_orgs": "acme"}, "wes", "user"), ({"github_orgs": "other"}, "wes", None)])
def test_who_may_come_in(on_github, settings_of, lists, login, role):
    on_github.world.github.orgs["acme"] = {"wes"}
    settings_of(**lists)
    answer = come_in(on_github, on_github.browser(), login)
    assert answer.status_code == (403 if role is None else 303), answer.text
    made = [item["role"] for item in on_github.world.accounts.values() if item["forge"] == "github"]
    assert made == ([] if role is None else [role])
    if role is None:
        assert "not among those who may sign in" in answer.text and not on_github.world.forge_tokens


def test_an_account_is_found_by_number_and_never_by_name(on_github, settings_of):
    """Somebody else who took the name over finds an account of their own."""
    settings_of(github_users="wes")
    come_in(on_github, on_github.browser(), "wes")
    on_github.world.github.numbers["wes"] = 999
    come_in(on_github, on_github.browser(), "wes")
    numbers = [item["external_id"] for item in on_github.world.accounts.values() if item["forge"] == "github"]
    assert numbers == ["102", "999"]


def test_who_is_no_owner_any_more_is_a_user_at_the_next_sign_in(on_github, settings_of):
    settings_of(github_owners="wes")
    come_in(on_github, on_github.browser(), "wes")
    settings_of(github_owners="ann", github_users="wes")
    come_in(on_github, on_github.browser(), "wes")
    assert [item["role"] for item in on_github.world.accounts.values() if item["forge"] == "github"] == ["user"]


def test_a_disabled_account_stays_out(on_github, settings_of):
    settings_of(github_users="wes")
    come_in(on_github, on_github.browser(), "wes")
    next(item for item in on_github.world.accounts.values() if item["forge"] == "github")["disabled"] = True
    assert come_in(on_github, on_github.browser(), "wes").status_code == 403


def test_a_local_account_is_linked_and_then_opened_by_github(on_github):
    """With both lists empty: who has a local account, and said so while signed in to it."""
    world, client = on_github.world, on_github.browser("sam")
    assert come_in(on_github, client, "eve", "?link=true&next=/account").headers["Location"] == "/account"
    assert on_github.accounts["sam"]["external_id"] == "104"
    elsewhere = on_github.browser()
    assert come_in(on_github, elsewhere, "eve").status_code == 303
    assert elsewhere.get("/api/v1/account").json["login"] == "sam"
    elsewhere.post("/account/github/unlink", data={"csrf": csrf_of(elsewhere)})
    assert on_github.accounts["sam"]["external_id"] == "" and on_github.accounts["sam"]["id"] not in world.forge_tokens


def test_a_link_that_another_person_began_links_nothing(on_github):
    client = on_github.browser("sam")
    back = on_github.world.github.authorize(begin(client, "?link=true"), "eve")
    client.post("/signout", data={"csrf": csrf_of(client)})
    client.post("/signin", data={"login": "ros", "password": "correct horse"})
    assert client.get(CALLBACK, query_string=back).status_code == 400
    assert not on_github.accounts["ros"].get("external_id") and not on_github.accounts["sam"].get("external_id")


def test_a_plain_sign_in_does_not_take_back_what_was_allowed(on_github, settings_of):
    settings_of(github_users="wes")
    come_in(on_github, on_github.browser(), "wes", "?wants=repositories")
    come_in(on_github, on_github.browser(), "wes")
    assert [kept["scopes"] for kept in on_github.world.forge_tokens.values()] == [["repo"]]


def test_a_token_that_github_took_back_signs_the_person_out_with_a_sentence(on_github, settings_of):
    settings_of(github_users="wes")
    client, world = on_github.browser(), on_github.world
    come_in(on_github, client, "wes", "?wants=repositories")
    world.revoked.add(next(iter(world.forge_tokens)))
    answer = client.get("/repos/github")
    assert answer.status_code == 303 and answer.headers["Location"].startswith("/signin")
    assert "revoked" in client.get(answer.headers["Location"]).text and not world.forge_tokens and not world.sessions
    assert client.get("/api/v1/account").status_code == 401


def test_a_former_token_that_is_refused_signs_nobody_out_who_has_a_new_one(on_github, settings_of):
    settings_of(github_users="wes")
    client, world = on_github.browser(), on_github.world
    come_in(on_github, client, "wes", "?wants=repositories")
    world.stale.add(next(iter(world.forge_tokens)))
    assert client.get("/repos/github").status_code == 200 and not world.stale


def test_a_token_that_was_found_refused_elsewhere_signs_the_person_out_too(on_github, settings_of):
    """orchestrator noticed it while nobody looked, and took the token away."""
    settings_of(github_users="wes")
    client, world = on_github.browser(), on_github.world
    come_in(on_github, client, "wes")
    world.accounts[next(iter(world.forge_tokens))]["forge_scopes"] = None
    assert client.get("/repos").headers["Location"] == "/signin"
    assert "does not accept your sign-in any more" in client.get("/signin").text and not world.sessions


def test_a_program_hears_of_a_revoked_token_as_401(on_github, settings_of):
    settings_of(github_users="wes")
    come_in(on_github, on_github.browser(), "wes", "?wants=repositories")
    number = next(iter(on_github.world.forge_tokens))
    on_github.accounts["gh"] = on_github.world.accounts[number]
    on_github.world.revoked.add(number)
    answer = on_github.browser().get("/api/v1/forges/github/repos", headers=on_github.token("gh"))
    assert answer.status_code == 401 and answer.json["error"] == "revoked"


@pytest.mark.parametrize("trouble, sentence", [("down", "GitHub"), ("html", "no JSON|does not answer as it should")])
def test_bad_days_of_github_are_told_and_break_nothing(on_github, trouble, sentence):
    client = on_github.browser()
    back = on_github.world.github.authorize(begin(client), "wes")
    setattr(on_github.world.github, trouble, True)
    answer = client.get(CALLBACK, query_string=back)
    assert answer.status_code == 503 and re.search(sentence, answer.text) and "Traceback" not in answer.text


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
