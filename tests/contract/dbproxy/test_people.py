"""Accounts, sign-in, sessions, tokens, members, audit."""

import hashlib
import uuid

import pytest
import requests

from common.wire.errors import BadRequest, Conflict, Forbidden, NotFound, Problem, Unauthorized
from tests.contract.dbproxy.service import OWNER

PASSWORD = "a long enough password"


@pytest.fixture
def people(world):
    return world.dashboard


@pytest.fixture
def account(people):
    return people.post("/v1/accounts", {"login": f"ann-{uuid.uuid4().hex[:10]}", "name": "Ann", "password": PASSWORD})


@pytest.fixture(autouse=True)
def nobody_sprayed(world):
    """All tests come from a few addresses, whose wrong tries are counted together."""
    world.sql("DELETE FROM sign_in_attempts WHERE login = ''")


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


SPRAYED = "Winter 2026 is cold"


def test_one_password_on_many_accounts_is_slowed_down_by_address(world, people, account):
    """Holds: attempts.ADDRESS: the right password of anybody is not heard from there either, and is from elsewhere."""
    spraying = f"10.9.{uuid.uuid4().int % 200}.{uuid.uuid4().int % 200}"
    for number in range(30):
        with pytest.raises(Unauthorized):
            sign_in(people, f"sprayed-{number}", SPRAYED, spraying)
    for login in ("sprayed-30", account["login"]):
        with pytest.raises(Problem) as limited:
            sign_in(people, login, ip=spraying)
        assert limited.value.status == 429 and 1 <= limited.value.retry_after <= 60
    assert sign_in(people, account["login"], ip="10.0.0.2")["id"] == account["id"]


def test_a_right_password_forgives_an_address_only_its_own_try(world, people, account):
    """Holds: attempts.forget: who sprays does not begin anew by signing in to an account of their own."""
    address = "10.8.0.1"
    world.sql("INSERT INTO sign_in_attempts VALUES ('', '', %s, 29, now() - interval '1 second')", (address,))
    assert sign_in(people, account["login"], ip=address)["id"] == account["id"]
    with pytest.raises(Unauthorized):
        sign_in(people, "sprayed-by-one", SPRAYED, address)
    with pytest.raises(Problem) as limited:
        sign_in(people, account["login"], ip=address)
    assert limited.value.status == 429
    world.sql("DELETE FROM sign_in_attempts WHERE ip = %s", (address,))


def test_an_address_of_ipv6_is_its_network(people, account):
    """Holds: addresses.network: a machine has 2^64 addresses of its own there."""
    for number in range(5):
        with pytest.raises(Unauthorized):
            sign_in(people, account["login"], "wrong", f"2001:db8:0:7::{number:x}")
    with pytest.raises(Problem) as limited:
        sign_in(people, account["login"], ip="2001:db8:0:7:ffff::1")
    assert limited.value.status == 429
    assert sign_in(people, account["login"], ip="2001:db8:0:8::1")["id"] == account["id"]


def refused(people, ip):
    """Entries of failed sign-ins from `ip`, newest first."""
    listed = people.get("/v1/audit", params={"action": "sign.refused", "per_page": 100})["items"]
    return [row for row in listed if row["ip"] == ip]


def test_failed_sign_ins_are_in_the_audit_log_without_what_was_typed(people, account):
    """Holds: refusals.note, and that a password typed into the field of the name is kept nowhere."""
    for login in (account["login"].upper(), "MyPasswordByMistake"):
        with pytest.raises(Unauthorized):
            sign_in(people, login, "wrong", "10.7.0.1")
    rows = refused(people, "10.7.0.1")
    assert [(row["actor"], row["detail"]) for row in rows] == [
        ("unknown", "no account of that name"), (account["login"], "wrong password")]
    assert all(row["at"] for row in rows) and "MyPassword" not in str(people.get("/v1/audit"))


def test_failed_sign_ins_do_not_fill_the_audit_log(world, people):
    """Holds: refusals.AN_ADDRESS and IN_ALL. The last entry of an hour says that more are not listed."""
    for number in range(25):
        with pytest.raises(Unauthorized):
            sign_in(people, f"filling-{number}", "wrong", "10.7.0.2")
    rows = refused(people, "10.7.0.2")
    assert len(rows) == 20 and rows[0]["detail"].endswith("further ones from this address are not listed for an hour")
    world.sql("INSERT INTO audit (actor, action, object, ip) SELECT 'unknown', 'sign.refused', '', '10.6.' || n / 250 || "
              "'.' || n %% 250 FROM generate_series(1, 500) AS n", ())
    with pytest.raises(Unauthorized):
        sign_in(people, "filling-all", "wrong", "10.7.0.3")
    assert refused(people, "10.7.0.3") == []
    world.sql("DELETE FROM audit WHERE action = 'sign.refused'")


COMMON = ["password1234", "qwertyuiop123", "1q2w3e4r5t6y", "aaaaaaaaaaaa", "123456789012", "P@ssw0rd1234", "iloveyou1234",
          "administrator", "hunter2hunter2", "continuum1234"]


@pytest.mark.parametrize("password", COMMON)
def test_a_common_password_is_refused_with_the_cause(people, account, password):
    """Holds: passwords.chosen, for a new account and for a new password."""
    for call in (lambda: people.post("/v1/accounts", {"login": f"w{uuid.uuid4().hex[:8]}", "password": password}),
                 lambda: people.patch(f"/v1/accounts/{account['id']}", {"password": password})):
        with pytest.raises(BadRequest) as weak:
            call()
        assert weak.value.error == "weak_password" and weak.value.detail.startswith("password: ")
    assert sign_in(people, account["login"])["id"] == account["id"]


def test_a_password_made_of_its_holders_names_is_refused(people):
    for password in ("kowalczyk2026!", "Wilhelmina_2026"):
        with pytest.raises(BadRequest):
            people.post("/v1/accounts", {"login": "wilhelmina", "name": "wilhelmina kowalczyk", "password": password})


def test_waits_grow_and_are_told_and_the_right_password_forgives(world, people, account):
    world.sql("INSERT INTO sign_in_attempts VALUES ('local', %s, '10.0.0.1', 9, now() - interval '1 second')",
              (account["login"],))
    with pytest.raises(Unauthorized):
        sign_in(people, account["login"], "wrong")
    answer = raw_sign_in(world, account["login"])
    assert answer.status_code == 429 and 20 < int(answer.headers["Retry-After"]) <= 32
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
    people.patch(f"/v1/accounts/{account['id']}", {"password": "another long password"})
    with pytest.raises(NotFound):
        people.get(f"/v1/sessions/{sha256('secret')}")
    assert world.sql("SELECT 1 FROM sessions WHERE secret_hash = 'secret'") == []


def with_token(people, account, name):
    """The path of a fresh token."""
    sha = sha256(name + account["login"])
    people.post(f"/v1/accounts/{account['id']}/tokens", {"name": name, "scope": "read", "hash": sha})
    return f"/v1/tokens/by-hash/{sha}"


def test_a_new_password_ends_tokens_unless_they_are_kept_and_spares_one_session(people, account):
    token = with_token(people, account, "kept")
    for name in ("mine", "another's"):
        people.post("/v1/sessions", {"account": account["id"], "hash": sha256(name + account["login"])})
    mine = sha256("mine" + account["login"])
    change = {"password": "another long password", "keep_session": mine}
    people.patch(f"/v1/accounts/{account['id']}", {**change, "keep_tokens": True})
    assert people.get(token)["name"] == "kept" and people.get(f"/v1/sessions/{mine}")
    with pytest.raises(NotFound):
        people.get(f"/v1/sessions/{sha256('another' + chr(39) + 's' + account['login'])}")
    people.patch(f"/v1/accounts/{account['id']}", change)
    with pytest.raises(NotFound):
        people.get(token)


def test_a_deleted_account_opens_nothing_and_its_name_is_not_given_out(world, people, account):
    """Holds: deletion.delete."""
    number, session = account["id"], sha256("session" + account["login"])
    token = with_token(people, account, "ended")
    people.post("/v1/sessions", {"account": number, "hash": session})
    people.put(f"/v1/repos/{world.repo}/members/{number}", {"right": "admin"})
    people.put(f"/v1/accounts/{number}/forge-token", {"sealed": "AAAA", "scopes": []})
    people.post("/v1/invitations", {"hash": sha256("i" + account["login"]), "by": account["login"],
                                    "ends": "2099-01-01T00:00:00Z"})
    people.delete(f"/v1/accounts/{number}")
    people.delete(f"/v1/accounts/{number}")
    for path in (token, f"/v1/sessions/{session}", f"/v1/accounts/{number}", f"/v1/repos/{world.repo}/members/{number}",
                 f"/v1/invitations/by-hash/{sha256('i' + account['login'])}"):
        with pytest.raises(NotFound):
            people.get(path)
    with pytest.raises(Unauthorized):
        sign_in(people, account["login"], ip="10.5.0.1")
    for change in ({"disabled": False}, {"password": "another long password"}):
        with pytest.raises(NotFound):
            people.patch(f"/v1/accounts/{number}", change)
    with pytest.raises(Conflict):
        people.post("/v1/accounts", {"login": account["login"], "password": PASSWORD})
    assert people.get("/v1/accounts", params={"login": account["login"]})["total"] == 0
    assert account["login"] in people.get("/v1/accounts/deleted-logins")["logins"]
    assert world.sql("SELECT 1 FROM forge_tokens WHERE account = %s", (number,)) == []


def test_a_deleted_account_of_a_forge_does_not_come_back_by_a_sign_in(people):
    number = str(uuid.uuid4().int % 10**12)
    given = {"forge": "github", "login": f"g{uuid.uuid4().hex[:8]}", "external_id": number}
    account = people.post("/v1/accounts", given)
    people.delete(f"/v1/accounts/{account['id']}")
    with pytest.raises(Forbidden) as refusal:
        people.post("/v1/accounts", given)
    assert refusal.value.error == "deleted"


def test_the_last_owner_is_not_deleted(people):
    owner = sign_in(people, OWNER["login"], OWNER["password"])
    with pytest.raises(Conflict) as conflict:
        people.delete(f"/v1/accounts/{owner['id']}")
    assert conflict.value.error == "last_owner"
    assert people.get(f"/v1/accounts/{owner['id']}")["role"] == "owner"


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
