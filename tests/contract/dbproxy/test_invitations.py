"""Invitations make one account, once; a forgotten password is set from the machine itself."""

import hashlib
import io
import sys
import threading
import uuid
from datetime import datetime, timedelta, timezone

import pytest

from common.wire.errors import BadRequest, Conflict, NotFound, Problem, Unauthorized
from dbproxy.accounts import reset

PASSWORD = "a long enough password"


def invitation(world, *, days=1, **values) -> str:
    """The hash of a fresh one."""
    sha = hashlib.sha256(uuid.uuid4().bytes).hexdigest()
    ends = (datetime.now(timezone.utc) + timedelta(days=days)).isoformat()
    world.dashboard.post("/v1/invitations", {"hash": sha, "by": "ann", "ends": ends, **values})
    return sha


def accept(world, sha, login=None):
    return world.dashboard.post("/v1/invitations/accept", {"hash": sha, "login": login or f"i{uuid.uuid4().hex[:10]}",
                                                           "password": PASSWORD})


def test_an_invitation_makes_one_account_with_its_role(world):
    sha = invitation(world, role="owner")
    account = accept(world, sha)
    assert account["role"] == "owner" and "password" not in str(account).replace("has_password", "")
    world.dashboard.post("/v1/accounts/verify", {"login": account["login"], "password": PASSWORD, "ip": "1"})
    with pytest.raises(NotFound):
        accept(world, sha)
    world.dashboard.patch(f"/v1/accounts/{account['id']}", {"role": "user"})      # other tests count the owners


def test_ten_at_once_make_one_account(world):
    sha, made, refused = invitation(world), [], []

    def take():
        try:
            made.append(accept(world, sha))
        except Problem as problem:
            refused.append(problem.status)
    threads = [threading.Thread(target=take) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1 and refused == [404] * 9


def test_one_that_is_over_or_withdrawn_is_unknown(world):
    for sha in (invitation(world, days=-1), withdrawn(world)):
        with pytest.raises(NotFound):
            world.dashboard.get(f"/v1/invitations/by-hash/{sha}")
        with pytest.raises(NotFound):
            accept(world, sha)


def withdrawn(world) -> str:
    sha = invitation(world)
    number = world.dashboard.get(f"/v1/invitations/by-hash/{sha}")["id"]
    world.dashboard.delete(f"/v1/invitations/{number}")
    world.dashboard.delete(f"/v1/invitations/{number}")
    return sha


def test_a_common_password_uses_nothing_up(world):
    sha = invitation(world)
    with pytest.raises(BadRequest) as weak:
        world.dashboard.post("/v1/invitations/accept", {"hash": sha, "login": "weak-one", "password": "qwertyuiop123"})
    assert weak.value.error == "weak_password"
    assert accept(world, sha)


def test_a_taken_name_uses_nothing_up(world):
    sha, taken = invitation(world), accept(world, invitation(world))["login"]
    with pytest.raises(Conflict):
        accept(world, sha, taken)
    assert accept(world, sha)["login"] != taken


def test_a_password_is_reset_from_the_machine(world, database_url, monkeypatch, capsys):
    account = accept(world, invitation(world))
    session = world.dashboard.post("/v1/sessions", {"account": account["id"]})["secret"]
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setattr(sys, "argv", ["reset", account["login"].upper()])
    monkeypatch.setattr(sys, "stdin", io.StringIO("another long password\n"))
    token = hashlib.sha256(uuid.uuid4().bytes).hexdigest()
    world.dashboard.post(f"/v1/accounts/{account['id']}/tokens", {"name": "ci", "scope": "read", "hash": token})
    monkeypatch.setattr(sys, "argv", ["reset", "--keep-tokens", account["login"]])
    assert reset.main() == 0 and world.dashboard.get(f"/v1/tokens/by-hash/{token}")["name"] == "ci"
    monkeypatch.setattr(sys, "argv", ["reset", account["login"].upper()])
    monkeypatch.setattr(sys, "stdin", io.StringIO("another long password\n"))
    assert reset.main() == 0 and "another long password" not in capsys.readouterr().out
    with pytest.raises(NotFound):
        world.dashboard.get(f"/v1/tokens/by-hash/{token}")
    with pytest.raises(Unauthorized):
        world.dashboard.post("/v1/accounts/verify", {"login": account["login"], "password": PASSWORD, "ip": "2"})
    again = {"login": account["login"], "password": "another long password", "ip": "3"}
    assert world.dashboard.post("/v1/accounts/verify", again)["id"] == account["id"]
    with pytest.raises(NotFound):
        world.dashboard.get(f"/v1/sessions/{hashlib.sha256(session.encode()).hexdigest()}")
    for weak in ("short\n", "password1234\n"):
        monkeypatch.setattr(sys, "stdin", io.StringIO(weak))
        assert reset.main() == 2
