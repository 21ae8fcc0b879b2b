"""Sessions of browsers, kept by the SHA-256 of their secret: what is stored opens nothing."""

from __future__ import annotations

import hashlib
import secrets
from typing import Annotated

from flask import Blueprint
from pydantic import Field

from common.api.base import Page
from common.api.people import MadeSession, SessionOfAccount, SessionWithAccount
from common.service.web import body_as
from common.wire.errors import NotFound

from ..access import callers
from ..answers import answers
from ..bodies import Body, Sha256
from ..database import Transaction, transactional
from ..paging import whole
from . import store

bp = Blueprint("sessions", __name__)

IDLE_DAYS = 30
SESSION = "id, account, device, ip, created, seen"
SHORT = Annotated[str, Field(max_length=500)]


class NewSession(Body):
    account: int
    hash: Sha256 | None = None        # without it a secret is made here, and is in this one answer
    device: SHORT = ""
    ip: SHORT = ""


@bp.post("/v1/sessions")
@callers("dashboard")
@answers(MadeSession)
@body_as(NewSession)
@transactional
def create(transaction: Transaction, body: NewSession):
    """Kept by the SHA-256 (hex) of its secret; without `hash` a secret is made, and is in this one answer."""
    store.get(transaction, body.account)
    secret = None if body.hash else secrets.token_urlsafe(32)
    row = transaction.one(
        "INSERT INTO sessions (account, secret_hash, device, ip) VALUES (%s, %s, %s, %s) "
        f"ON CONFLICT (secret_hash) DO UPDATE SET seen = now() RETURNING {SESSION}",
        (body.account, body.hash or hashlib.sha256(secret.encode()).hexdigest(), body.device, body.ip))
    return {**row, "secret": secret} if secret else row, 201


@bp.get("/v1/sessions/<secret_hash>")
@callers("dashboard")
@answers(SessionWithAccount)
@transactional
def show(transaction: Transaction, secret_hash: str):
    """The session with its account; `seen` is written at most once a minute."""
    row = transaction.one(f"SELECT {SESSION}, seen < now() - interval '1 minute' AS stale FROM sessions "
                          "WHERE secret_hash = %s AND seen > now() - make_interval(days => %s)",
                          (secret_hash, IDLE_DAYS))
    if row is None:
        raise NotFound("this session is unknown or over")
    if row.pop("stale"):
        transaction.do("UPDATE sessions SET seen = now() WHERE id = %s", (row["id"],))
    return {**row, "account": store.get(transaction, row["account"])}


@bp.delete("/v1/sessions/<secret_hash>")
@callers("dashboard")
@transactional
def remove(transaction: Transaction, secret_hash: str):
    """204, repeatable."""
    transaction.do("DELETE FROM sessions WHERE secret_hash = %s", (secret_hash,))
    return "", 204


@bp.get("/v1/accounts/<int:account>/sessions")
@callers("dashboard")
@answers(Page[SessionOfAccount])
@transactional
def of_account(transaction: Transaction, account: int):
    """The last seen first, not in pages."""
    store.get(transaction, account)
    return whole(transaction.all(
        f"SELECT {SESSION}, secret_hash FROM sessions WHERE account = %s AND "
        "seen > now() - make_interval(days => %s) ORDER BY seen DESC", (account, IDLE_DAYS)))


@bp.delete("/v1/accounts/<int:account>/sessions/<int:session>")
@callers("dashboard")
@transactional
def remove_one(transaction: Transaction, account: int, session: int):
    """204, repeatable."""
    transaction.do("DELETE FROM sessions WHERE account = %s AND id = %s", (account, session))
    return "", 204


def prune(transaction: Transaction) -> int:
    return transaction.do("DELETE FROM sessions WHERE seen < now() - make_interval(days => %s)", (IDLE_DAYS,))
