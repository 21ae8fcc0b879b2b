"""A new password, and the end of an account."""

from __future__ import annotations

import pytest

from tests.unit.dashboard.fakes.people import WEAK
from tests.unit.dashboard.test_forms import told
from tests.unit.dashboard.world import csrf_of

NEW = "four unrelated words here"


def change(client, **fields):
    return client.post("/account/password", data={"csrf": csrf_of(client), "current": "correct horse", "new": NEW, **fields})


def test_a_new_password_ends_other_sessions_and_all_tokens(people):
    here, there, token = people.browser("wes"), people.browser("wes"), people.token("wes")
    assert change(here).status_code == 303
    assert here.get("/account").status_code == 200, "whoever changed it stays signed in"
    assert there.get("/account").status_code == 302
    assert people.browser().get("/api/v1/account", headers=token).status_code == 401


def test_tokens_stay_where_the_box_says_so(people, world):
    client, token = people.browser("wes"), people.token("wes")
    assert change(client, keep_tokens="true").status_code == 303
    assert people.browser().get("/api/v1/account", headers=token).status_code == 200
    assert world.audit[0]["detail"] == "tokens kept"


def test_another_account_keeps_what_it_has(people):
    theirs, token = people.browser("ros"), people.token("ros")
    change(people.browser("wes"))
    assert theirs.get("/account").status_code == 200
    assert people.browser().get("/api/v1/account", headers=token).status_code == 200


def test_a_common_password_is_told_at_its_field(people):
    client = people.browser("wes")
    answer = change(client, new=WEAK)
    assert answer.status_code == 400 and "program would guess" in told(answer.text, "new")
    patched = people.browser().put("/api/v1/account/password", json={"current": "correct horse", "new": WEAK},
                                   headers=people.token("wes"))
    assert patched.status_code == 400 and patched.json["detail"].startswith("new: ")


def delete(client, **fields):
    return client.post("/account/delete", data={"csrf": csrf_of(client), **fields})


@pytest.mark.parametrize("password", ["", "wrong wrong wrong"])
def test_an_account_is_deleted_with_its_password_alone(people, password):
    client = people.browser("wes")
    answer = delete(client, password=password)
    assert answer.status_code == 400 and told(answer.text, "password")
    assert client.get("/account").status_code == 200


def test_a_deleted_account_is_out_and_what_it_made_says_so(people, world):
    client, token = people.browser("wes"), people.token("wes")
    run = world.add_run(people.repo["id"], actor="wes")
    owner = people.browser("ann")
    assert "deleted account" not in owner.get(f"/runs/{run['id']}").text
    assert delete(client, password="correct horse").headers["Location"] == "/signin"
    assert client.get("/account").status_code == 302
    assert people.browser().get("/api/v1/account", headers=token).status_code == 401
    assert (world.audit[0]["actor"], world.audit[0]["action"]) == ("wes", "account.delete")
    page = owner.get(f"/runs/{run['id']}").text
    assert "wes" in page and "deleted account" in page
    assert "wes" not in owner.get("/admin/users").text


def test_the_last_owner_stays(people):
    owner = people.browser("ann")
    answer = delete(owner, password="correct horse")
    assert answer.status_code == 409 and "last owner" in answer.text
    assert owner.get("/admin/users").status_code == 200


def test_an_owner_deletes_others_by_name(people, world):
    owner, number = people.browser("ann"), people.accounts["wes"]["id"]
    path = f"/admin/users/{number}/delete"
    assert "What they made stays" in owner.get(path).text
    for confirm in ("", "ros"):
        answer = owner.post(path, data={"csrf": csrf_of(owner), "confirm": confirm})
        assert answer.status_code == 400 and "type wes" in told(answer.text, "confirm")
    assert number in world.accounts
    assert owner.post(path, data={"csrf": csrf_of(owner), "confirm": "wes"}).status_code == 303
    assert number not in world.accounts


def test_an_owner_deletes_themselves_with_their_password_alone(people, world):
    number = people.accounts["ann"]["id"]
    answer = people.browser().delete(f"/api/v1/users/{number}?confirm=ann", headers=people.token("ann"))
    assert answer.status_code == 409 and number in world.accounts


def test_a_user_deletes_nobody(people, world):
    number = people.accounts["ros"]["id"]
    answer = people.browser().delete(f"/api/v1/users/{number}?confirm=ros", headers=people.token("wes"))
    assert answer.status_code == 403 and number in world.accounts
