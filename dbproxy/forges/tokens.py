"""People's tokens of their forges, sealed to the orchestrator, which alone may read them."""

from __future__ import annotations

from typing import Annotated

from flask import Blueprint
from pydantic import Field

from common.api.forges import ForgeToken
from common.service.web import body_as
from common.wire.errors import NotFound

from ..access import callers
from ..accounts import store as accounts
from ..answers import answers
from ..bodies import Body, Name
from ..database import Transaction, transactional
from .apps import Sealed

bp = Blueprint("forge-tokens", __name__)


class Token(Body):
    sealed: Sealed
    scopes: Annotated[list[Name], Field(max_length=100)] = []


@bp.get("/v1/accounts/<int:account>/forge-token")
@callers("orchestrator")
@answers(ForgeToken)
@transactional
def show(transaction: Transaction, account: int):
    """404 without one."""
    row = transaction.one("SELECT account, sealed, scopes, changed FROM forge_tokens WHERE account = %s", (account,))
    if row is None:
        raise NotFound(f"account {account} has no token of its forge")
    return row


@bp.put("/v1/accounts/<int:account>/forge-token")
@callers("dashboard", "orchestrator")
@body_as(Token)
@transactional
def put(transaction: Transaction, account: int, body: Token):
    """204. What is sealed: `common/secrets/signin.py`."""
    accounts.get(transaction, account)
    transaction.do("INSERT INTO forge_tokens (account, sealed, scopes) VALUES (%s, %s, %s) ON CONFLICT (account) "
                   "DO UPDATE SET sealed = excluded.sealed, scopes = excluded.scopes, changed = now()",
                   (account, body.sealed, body.scopes))
    return "", 204


@bp.delete("/v1/accounts/<int:account>/forge-token")
@callers("dashboard", "orchestrator")
@transactional
def remove(transaction: Transaction, account: int):
    """204, repeatable."""
    transaction.do("DELETE FROM forge_tokens WHERE account = %s", (account,))
    return "", 204
