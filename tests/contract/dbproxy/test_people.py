"""Accounts, sign-in, sessions, tokens, members, audit."""

import hashlib
import uuid

import pytest
import requests

from common.errors import Conflict, NotFound, Problem, Unauthorized
from tests.contract.dbproxy.service import OWNER

PASSWORD = "a long enough password"


@pytest.fixture
def people(world):
    return world.dashboard


@pytest.fixture
def account(people):
    return people.post("/v1/accounts", {"login": f"ann-{uuid.uuid4().hex[:10]}", "name": "Ann", "password": PASSWORD})


def sign_in(people, login, password=PASSWORD, ip="10.0.0.1"):
    return people.post("/v1/accounts/verify", {"forge": "local", "login": login, "password": password, "ip": ip})


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def test_the_first_owner_is_there(people):
    account = sign_in(people, OWNER["login"].upper(), OWNER["password"])
    assert (account["role"], account["login"], account["forge"]) == ("owner", OWNER["login"], "local")
    with pytest.raises(Conflict) as conflict:
        people.patch(f"/v1/accounts/{account['id']}", {"role": "user"})
    assert conflict.value.error == "last_owner"


def test_no_answer_holds_a_hash(people, account):
    for answer in (account, sign_in(people, account["login"]), people.get(f"/v1/accounts/{account['id']}")):
        assert "password" not in str(answer).replace("has_password", "") and "argon2" not in str(answer)
        assert answer["has_password"] is True


def test_a_login_is_taken_whatever_the_letters_and_other_forges_update(people, account):
    with pytest.raises(Conflict):
        people.post("/v1/accounts", {"login": account["login"].upper()})
    first = people.post("/v1/accounts", {"forge": "github", "login": account["login"], "external_id": "7"})
    again = people.post("/v1/accounts", {"forge": "github", "login": account["login"], "name": "Ann B."})
    assert (again["id"], again["name"], again["external_id"]) == (first["id"], "Ann B.", "7")
    with pytest.raises(Unauthorized):
        people.post("/v1/accounts/verify", {"forge": "github", "login": account["login"], "password": "x"})


def test_wrong_passwords_are_slowed_down_by_login_and_address(people, account):
    login = account["login"]
    for _ in range(5):
        with pytest.raises(Unauthorized):
            sign_in(people, login, "wrong")
    with pytest.raises(Problem) as limited:
        sign_in(people, login)
    assert limited.value.status == 429 and "try again in" in limited.value.detail
    assert sign_in(people, login, ip="10.0.0.2")["id"] == account["id"]


def test_waits_grow_and_are_told_and_the_right_password_forgives(world, people, account):
    world.sql("INSERT INTO sign_in_attempts VALUES ('local', %s, '10.0.0.1', 9, now() - interval '1 second')",
              (account["login"],))
    with pytest.raises(Unauthorized):
        sign_in(people, account["login"], "wrong")
    answer = raw_sign_in(world, account["login"])
    assert answer.status_code == 429 and 20 < answer.json()["retry_after"] <= 32
    assert answer.headers["Retry-After"] == str(answer.json()["retry_after"])
    world.sql("UPDATE sign_in_attempts SET blocked_until = now() WHERE login = %s", (account["login"],))
    sign_in(people, account["login"])
    assert world.sql("SELECT 1 FROM sign_in_attempts WHERE login = %s", (account["login"],)) == []


def raw_sign_in(world, login):
    """The answer itself, with its headers."""
    return requests.post(f"{world.service.url}/v1/accounts/verify", timeout=10,
                         headers={"Authorization": f"Bearer {world.service.signer('dashboard').token('dbproxy')}"},
                         json={"login": login, "password": "x", "ip": "10.0.0.1"})


def test_a_disabled_account_signs_in_no_more(people, account):
    people.patch(f"/v1/accounts/{account['id']}", {"disabled": True})
    with pytest.raises(Unauthorized):
        sign_in(people, account["login"])


def test_sessions_are_kept_by_hash_and_end_with_a_new_password(world, people, account):
    people.post("/v1/sessions", {"account": account["id"], "hash": sha256("secret"), "device": "Firefox", "ip": "1"})
    session = people.get(f"/v1/sessions/{sha256('secret')}")
    assert session["account"]["login"] == account["login"] and session["device"] == "Firefox"
    made = people.post("/v1/sessions", {"account": account["id"], "device": "Edge"})
    assert people.get(f"/v1/sessions/{sha256(made['secret'])}")["id"] == made["id"]
    assert people.get(f"/v1/accounts/{account['id']}/sessions")["total"] == 2
    people.delete(f"/v1/accounts/{account['id']}/sessions/{made['id']}")
    people.patch(f"/v1/accounts/{account['id']}", {"password": "another password"})
    with pytest.raises(NotFound):
        people.get(f"/v1/sessions/{sha256('secret')}")
    assert world.sql("SELECT 1 FROM sessions WHERE secret_hash = 'secret'") == []


def test_an_idle_session_ends(world, people, account):
    people.post("/v1/sessions", {"account": account["id"], "hash": sha256("idle")})
    world.sql("UPDATE sessions SET seen = now() - interval '31 days' WHERE secret_hash = %s", (sha256("idle"),))
    with pytest.raises(NotFound):
        people.get(f"/v1/sessions/{sha256('idle')}")


def test_tokens_are_kept_by_hash_and_may_end(people, account):
    post = lambda name, **body: people.post(f"/v1/accounts/{account['id']}/tokens", {      # noqa: E731
        "name": name, "scope": "write", "hash": sha256(name + account["login"]), **body})
    token = post("ci")
    assert "hash" not in token
    found = people.get(f"/v1/tokens/by-hash/{sha256('ci' + account['login'])}")
    assert (found["id"], found["scope"], found["account"]["id"]) == (token["id"], "write", account["id"])
    assert people.get(f"/v1/accounts/{account['id']}/tokens")["items"][0]["used"]
    post("old", ends="2020-01-01T00:00:00Z")
    people.delete(f"/v1/tokens/{token['id']}")
    for name in ("ci", "old"):
        with pytest.raises(NotFound):
            people.get(f"/v1/tokens/by-hash/{sha256(name + account['login'])}")


def test_members(world, people, account):
    path = f"/v1/repos/{world.repo}/members/{account['id']}"
    with pytest.raises(NotFound):
        people.get(path)
    people.put(path, {"right": "read"})
    assert people.put(path, {"right": "admin"})["right"] == "admin"
    assert people.get(f"/v1/accounts/{account['id']}/repos")["items"] == [{"repo": world.repo, "right": "admin"}]
    assert people.get(f"/v1/repos/{world.repo}/members")["items"][0]["login"] == account["login"]
    people.delete(path)
    assert people.get(f"/v1/repos/{world.repo}/members")["total"] == 0


def test_the_audit_log_keeps_what_was_done_and_doubles_nothing(world, people):
    actor = f"ann-{uuid.uuid4().hex[:10]}"
    for _ in range(2):
        people.post("/v1/audit", {"actor": actor, "action": "run.start", "object": "ann/shop", "ip": "1", "key": actor,
                                  "detail": {"kind": "full"}})
    people.post("/v1/audit", {"actor": actor, "action": "run.cancel", "object": "ann/shop", "detail": "text"})
    listed = people.get("/v1/audit", params={"actor": actor})
    assert [(row["action"], row["detail"]) for row in listed["items"]] == [
        ("run.cancel", "text"), ("run.start", {"kind": "full"})]
    assert people.get("/v1/audit", params={"actor": actor, "action": "run.start"})["total"] == 1


def test_passwords_are_in_no_log(service, people, account):
    sign_in(people, account["login"])
    assert PASSWORD not in service.log and OWNER["password"] not in service.log
