"""Tokens for programs, and the sign-in of the command line. A token is shown once and kept as its hash."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime, time

from common.wire.errors import BadRequest, NotFound

from ..auth import sessions
from ..auth.actor import current
from ..auth.identity import PREFIX, hashed
from ..clients import db
from . import shapes
from .answers import NewToken, Page, Token
from .audit import audit
from .endpoint import endpoint
from .inputs import SigninRequest, TokenRequest

TAG = "Tokens"
LAST_SECOND = time(23, 59, 59)      # of the day on which a token ends


@endpoint("POST", "/signin", right="public", status=201, tag=TAG,
          also={401: "name or password is wrong", 429: "too many wrong tries; Retry-After says how long"})
def sign_in_for_token(body: SigninRequest) -> NewToken:
    """A token for a name and password: how the command line signs in."""
    account = sessions.verify(body.login, body.password)
    made = make_token(account.id, body.token_name, body.scope)
    audit("token.create", f"token {body.token_name}", f"scope {body.scope}, by sign-in", actor=account.login)
    return made


@endpoint("GET", "/tokens", right="account", tag=TAG)
def list_tokens() -> Page[Token]:
    """Your tokens, without their secrets."""
    return shapes.whole([shapes.answer(Token, row) for row in db.tokens.of_account(current().id)], Token)


@endpoint("POST", "/tokens", right="account", scope="admin", status=201, tag=TAG)
def create_token(body: TokenRequest) -> NewToken:
    """A new token. Its scope cuts your rights down: read, write, or admin."""
    if body.ends and body.ends < date.today():
        raise BadRequest("lies in the past", field="ends")
    ends = datetime.combine(body.ends, LAST_SECOND, UTC) if body.ends else None
    made = make_token(current().id, body.name, body.scope, ends)
    audit("token.create", f"token {body.name}", f"scope {body.scope}")
    return made


@endpoint("DELETE", "/tokens/<id:token>", right="account", scope="admin", status=204, tag=TAG)
def delete_token(token: int) -> None:
    """The token is good for nothing from now on."""
    if token not in {row.id for row in db.tokens.of_account(current().id)}:
        raise NotFound("you have no such token")
    db.tokens.remove(token)
    audit("token.delete", f"token {token}")


def make_token(account: int, name: str, scope: str, ends: datetime | None = None) -> NewToken:
    secret = PREFIX + secrets.token_urlsafe(32)
    return shapes.answer(NewToken, db.tokens.create(account, name, scope, hashed(secret), ends), token=secret)

