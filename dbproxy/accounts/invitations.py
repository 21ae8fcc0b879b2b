"""Invitations: a secret that makes one account, once, until its end."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from flask import Blueprint
from pydantic import Field, SecretStr

from common.api.base import Page
from common.api.people import Account, Invitation
from common.service.web import body_as
from common.wire import localforge
from common.wire.errors import NotFound

from ..access import callers
from ..answers import answers
from ..bodies import Actor, Body, Name, Sha256
from ..database import Transaction, database, transactional
from ..paging import whole
from . import passwords, store

bp = Blueprint("invitations", __name__)

INVITATION = "id, login, role, by, created, ends"
OPEN = "used IS NULL AND ends > now()"
KEPT_DAYS = 30      # after its end


class NewInvitation(Body):
    hash: Sha256
    login: Name | None = None
    role: Literal["owner", "user"] = "user"
    by: Actor
    ends: datetime


class Acceptance(Body):
    hash: Sha256
    login: Name
    name: str = ""
    password: Annotated[SecretStr, Field(min_length=1, max_length=1024)]


@bp.post("/v1/invitations")
@callers("dashboard")
@answers(Invitation)
@body_as(NewInvitation)
@transactional
def create(transaction: Transaction, body: NewInvitation):
    """Kept by the SHA-256 (hex) of its secret."""
    row = transaction.one(
        "INSERT INTO invitations (hash, login, role, by, ends) "
        "VALUES (%(hash)s, %(login)s, %(role)s, %(by)s, %(ends)s) "
        f"ON CONFLICT (hash) DO UPDATE SET hash = excluded.hash RETURNING {INVITATION}", body.model_dump())
    return row, 201


@bp.get("/v1/invitations")
@callers("dashboard")
@answers(Page[Invitation])
@transactional
def index(transaction: Transaction):
    """Those that are neither used nor past their end."""
    return whole(transaction.all(f"SELECT {INVITATION} FROM invitations WHERE {OPEN} ORDER BY id DESC"))


@bp.get("/v1/invitations/by-hash/<sha256>")
@callers("dashboard")
@answers(Invitation)
@transactional
def show(transaction: Transaction, sha256: str):
    """404 for one that is unknown, used or over."""
    return _open(transaction, sha256)


@bp.delete("/v1/invitations/<int:invitation>")
@callers("dashboard")
@transactional
def remove(transaction: Transaction, invitation: int):
    """204, repeatable."""
    transaction.do("DELETE FROM invitations WHERE id = %s AND used IS NULL", (invitation,))
    return "", 204


@bp.post("/v1/invitations/accept")
@callers("dashboard")
@answers(Account)
@body_as(Acceptance)
def accept(body: Acceptance):
    """201 the account; 404 for an invitation that is unknown, used or over; 409 `taken`."""
    named = database().run(_open, body.hash)["login"] or body.login
    kept = passwords.chosen(body.password.get_secret_value(), named, body.name)
    return database().run(_accept, body, kept), 201


def _accept(transaction: Transaction, body: Acceptance, password_hash: str) -> dict:
    """Two at once meet at the row's lock: the second finds it used."""
    found = _open(transaction, body.hash, lock=True)
    account, _ = store.create(transaction, {
        "forge": localforge.NAME, "login": found["login"] or body.login, "name": body.name, "role": found["role"],
        "external_id": None, "avatar_url": None}, password_hash)
    transaction.do("UPDATE invitations SET used = now(), account = %s WHERE id = %s", (account["id"], found["id"]))
    return account


def _open(transaction: Transaction, sha256: str, *, lock: bool = False) -> dict:
    row = transaction.one(f"SELECT {INVITATION} FROM invitations WHERE hash = %s AND {OPEN}"
                          + (" FOR UPDATE" if lock else ""), (sha256,))
    if row is None:
        raise NotFound("this invitation is unknown, used or past its end")
    return row


def prune(transaction: Transaction) -> int:
    return transaction.do("DELETE FROM invitations WHERE ends < now() - make_interval(days => %s)", (KEPT_DAYS,))
