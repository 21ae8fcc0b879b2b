"""An owner invites; the link works once; the invited sets the password."""

import re

import pytest

from tests.unit.dashboard.world import csrf_of

GOOD = {"login": "new", "name": "New", "password": "correct horse battery"}


def invited(people, **fields) -> str:
    """The path of a fresh link."""
    owner = people.browser("ann")
    page = owner.post("/admin/users/invitations", data={"csrf": csrf_of(owner), "days": "7", "role": "user", **fields})
    assert page.status_code == 200
    return re.search(r"http://localhost:5000(/invitation/[\w-]+)", page.text)[1]


def test_the_link_is_shown_once_and_kept_as_a_hash(people, world):
    path = invited(people)
    secret = path.rsplit("/", 1)[1]
    assert secret not in str(world.invitations) and secret not in str(world.audit)
    assert secret not in people.browser("ann").get("/admin/users").text


def test_the_invited_chooses_and_is_in(people, world):
    path, guest = invited(people), people.browser()
    assert "ann invited you" in guest.get(path).text
    assert guest.post(path, data=GOOD).headers["Location"] == "/repos"
    assert guest.get("/account").status_code == 200
    assert world.passwords["new"] == GOOD["password"] and world.audit[0]["actor"] == "new"


def test_who_is_somebody_else_here_may_accept_too(people):
    path, member = invited(people), people.browser("sam")
    assert member.post(path, data=GOOD).status_code == 403
    assert member.post(path, data={**GOOD, "csrf": csrf_of(member, path)}).status_code == 303
    assert ">new<" in member.get("/account").text


def test_a_link_works_once(people):
    path = invited(people)
    people.browser().post(path, data=GOOD)
    assert people.browser().get(path).status_code == 404
    assert people.browser().post(path, data={**GOOD, "login": "other"}).status_code == 404


def test_a_withdrawn_link_is_worth_nothing(people, world):
    path, owner = invited(people), people.browser("ann")
    number = next(iter(world.invitations.values()))["id"]
    owner.post(f"/admin/users/invitations/{number}/delete", data={"csrf": csrf_of(owner)})
    assert people.browser().get(path).status_code == 404


@pytest.mark.parametrize("field, value, said", [
    ("login", "ann", "is taken"), ("login", "a b", "letters, digits"), ("login", "", "is needed"),
    ("password", "short", "12 letters or more"), ("password", "", "is needed"), ("name", "x" * 201, "at most 200")])
def test_what_does_not_fit_is_told_at_its_field_and_the_rest_is_kept(people, field, value, said):
    path = invited(people)
    page = people.browser().post(path, data={**GOOD, field: value})
    assert page.status_code in (400, 409)
    at = re.search(rf'name="{field}"[^>]*aria-invalid="true"[^>]*><span class="at" role="alert">([^<]*)', page.text)
    assert at and said in at[1], page.text
    assert "value=\"New\"" in page.text or field == "name"
    assert GOOD["password"] not in page.text


def test_a_name_that_the_owner_chose_stays(people, world):
    path = invited(people, login="bob")
    people.browser().post(path, data={**GOOD, "login": "eve"})
    assert "bob" in world.passwords and "eve" not in world.passwords


def test_nobody_else_invites(people):
    member = people.browser("ada")
    answer = member.post("/admin/users/invitations", data={"csrf": csrf_of(member), "days": "7", "role": "owner"})
    assert answer.status_code == 403


def test_guessing_links_ends_soon(people):
    statuses = [people.browser().get(f"/invitation/{number}", environ_base={"REMOTE_ADDR": "10.8.8.8"}).status_code
                for number in range(30)]
    assert statuses[0] == 404 and statuses[-1] == 429
