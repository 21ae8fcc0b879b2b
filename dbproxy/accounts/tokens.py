"""Tokens for the API, kept by their SHA-256."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from flask import Blueprint

from common.api.base import Page
from common.api.people import Token, TokenWithAccount
from common.service.web import body_as
from common.wire.errors import NotFound

from ..access import callers
from ..answers import answers
from ..bodies import Body, Name, Sha256
from ..database import Transaction, transactional
from ..paging import whole
from . import store

bp = Blueprint("tokens", __name__)

TOKEN = "id, account, name, scope, ends, created, used"


class NewToken(Body):
    name: Name
    scope: Literal["read", "write", "admin"]
    hash: Sha256
    ends: datetime | None = None


@bp.post("/v1/accounts/<int:account>/tokens")
@callers("dashboard")
@answers(Token)
@body_as(NewToken)
@transactional
def create(transaction: Transaction, account: int, body: NewToken):
    """Kept by the SHA-256 (hex) of its secret."""
    store.get(transaction, account)
    row = transaction.one(
        "INSERT INTO tokens (account, name, scope, hash, ends) VALUES (%s, %s, %s, %s, %s) "
        f"ON CONFLICT (hash) DO UPDATE SET name = excluded.name RETURNING {TOKEN}",
        (account, body.name, body.scope, body.hash, body.ends))
    return row, 201


@bp.get("/v1/accounts/<int:account>/tokens")
@callers("dashboard")
@answers(Page[Token])
@transactional
def index(transaction: Transaction, account: int):
    """Not in pages."""
    store.get(transaction, account)
    return whole(transaction.all(f"SELECT {TOKEN} FROM tokens WHERE account = %s ORDER BY id", (account,)))


@bp.get("/v1/tokens/<int:token>")
@callers("dashboard")
@answers(Token)
@transactional
def show(transaction: Transaction, token: int):
    row = transaction.one(f"SELECT {TOKEN} FROM tokens WHERE id = %s", (token,))
    if row is None:
        raise NotFound(f"token {token} is unknown")
    return row


@bp.get("/v1/tokens/by-hash/<sha256>")
@callers("dashboard")
@answers(TokenWithAccount)
@transactional
def by_hash(transaction: Transaction, sha256: str):
    """The token with its account; one past its end is unknown; `used` is written at most once a minute."""
    row = transaction.one(f"SELECT {TOKEN}, coalesce(used < now() - interval '1 minute', true) AS stale FROM tokens "
                          "WHERE hash = %s AND (ends IS NULL OR ends > now())", (sha256,))
    if row is None:
        raise NotFound("this token is unknown, deleted or past its end")
    if row.pop("stale"):
        transaction.do("UPDATE tokens SET used = now() WHERE id = %s", (row["id"],))
    return {**row, "account": store.get(transaction, row["account"])}


@bp.delete("/v1/tokens/<int:token>")
@callers("dashboard")
@transactional
def remove(transaction: Transaction, token: int):
    """204, repeatable."""
    transaction.do("DELETE FROM tokens WHERE id = %s", (token,))
    return "", 204
