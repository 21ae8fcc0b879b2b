"""Who may come in from GitHub, whose account that is, and what ends a sign-in."""

import pytest

from dashboard.auth import membership
from tests.unit.dashboard.github_visitors import CALLBACK, begin, come_in
from tests.unit.dashboard.world import csrf_of


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
        noted = on_github.world.audit[0]
        assert (noted["action"], noted["login"], noted["ip"]) == ("sign.refused", login, "127.0.0.1")
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


def test_a_plain_sign_in_replaces_a_token_that_github_took_back(on_github, settings_of):
    """Revoked there, then signed in anew: the old one's scopes are worth nothing."""
    settings_of(github_users="wes")
    client, world = on_github.browser(), on_github.world
    come_in(on_github, client, "wes", "?wants=repositories")
    number = next(iter(world.forge_tokens))
    world.stale.add(number)
    come_in(on_github, on_github.browser(), "wes")
    assert world.forge_tokens[number]["scopes"] == []


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


@pytest.fixture
def member(on_github, settings_of):
    """wes came in as a member of acme; `later()` is after what was remembered of him."""
    settings_of(github_orgs="acme,other")
    on_github.world.github.orgs["acme"] = {"wes"}
    client = on_github.browser()
    come_in(on_github, client, "wes")
    now = [1000.0]
    on_github.app.extensions["memberships"] = membership._Kept(lambda: now[0])
    client.later = lambda: now.__setitem__(0, now[0] + membership.KEPT)
    return client


def test_who_left_the_organisation_is_out_within_minutes(on_github, member):
    assert member.get("/repos").status_code == 200
    on_github.world.github.orgs["acme"] = set()
    assert member.get("/repos").status_code == 200, "as is remembered"
    member.later()
    answer = member.get("/repos")
    assert answer.status_code in (302, 303) and "/signin" in answer.headers["Location"]
    assert "no member of an organisation" in member.get(answer.headers["Location"]).text
    assert member.get("/api/v1/account").status_code == 401


def test_who_is_named_stays_whatever_organisations_say(on_github, member, settings_of):
    settings_of(github_users="wes")
    on_github.world.github.orgs["acme"] = set()
    member.later()
    assert member.get("/repos").status_code == 200


def test_while_github_is_away_nobody_is_sent_away(on_github, member):
    on_github.world.github.orgs["acme"] = set()
    on_github.world.github.down = True
    assert member.get("/repos").status_code == 200
    on_github.world.github.down = False
    assert member.get("/api/v1/account").status_code == 401


def test_who_github_signs_in_has_no_password_to_change(ours):
    """Nor do tries count against a local account of the same name."""
    client = ours.browser("kim")
    page = client.get("/account").text
    assert "/account/password" not in page and "/account/password" in ours.browser("ann").get("/account").text
    before = [path for _, _, path in ours.world.calls].count("/v1/accounts/verify")
    answer = client.post("/account/password", data={"csrf": csrf_of(client), "current": "correct horse", "new": "long enough for it"})
    assert answer.status_code == 409 and "no password here" in answer.text
    assert [path for _, _, path in ours.world.calls].count("/v1/accounts/verify") == before
