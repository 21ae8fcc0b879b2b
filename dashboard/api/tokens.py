"""Tokens for programs, and the sign-in of the command line. A token is shown once and kept as its hash."""

from __future__ import annotations

import secrets
from datetime import date

from common.wire.errors import BadRequest, NotFound

from ..auth import sessions
from ..auth.actor import current
from ..auth.identity import PREFIX, hashed
from ..clients import dbproxy
from .answers import NewToken, Page, Token
from .audit import audit
from .endpoint import endpoint
from .inputs import SigninRequest, TokenRequest

TAG = "Tokens"


@endpoint("POST", "/signin", right="public", status=201, tag=TAG,
          also={401: "name or password is wrong", 429: "too many wrong tries; Retry-After says how long"})
def sign_in_for_token(body: SigninRequest) -> NewToken:
    """A token for a name and password: how the command line signs in."""
    account = sessions.verify(body.login, body.password)
    made = make_token(account["id"], body.token_name, body.scope)
    audit("token.create", f"token {body.token_name}", f"scope {body.scope}, by sign-in", actor=account["login"])
    return made


@endpoint("GET", "/tokens", right="account", tag=TAG)
def list_tokens() -> Page[Token]:
    """Your tokens, without their secrets."""
    items = dbproxy.get(f"/v1/accounts/{current().id}/tokens")["items"]
    return Page[Token](items=items, total=len(items), page=1, per_page=max(1, len(items)))


@endpoint("POST", "/tokens", right="account", scope="admin", status=201, tag=TAG)
def create_token(body: TokenRequest) -> NewToken:
    """A new token. Its scope cuts your rights down: read, write, or admin."""
    if body.ends and body.ends < date.today():
        raise BadRequest("lies in the past", field="ends")
    made = make_token(current().id, body.name, body.scope, f"{body.ends}T23:59:59Z" if body.ends else None)
    audit("token.create", f"token {body.name}", f"scope {body.scope}")
    return made


@endpoint("DELETE", "/tokens/<id:token>", right="account", scope="admin", status=204, tag=TAG)
def delete_token(token: int) -> None:
    """The token is good for nothing from now on."""
    if token not in {item["id"] for item in dbproxy.get(f"/v1/accounts/{current().id}/tokens")["items"]}:
        raise NotFound("you have no such token")
    dbproxy.delete(f"/v1/tokens/{token}")
    audit("token.delete", f"token {token}")


def make_token(account: int, name: str, scope: str, ends: str | None = None) -> NewToken:
    secret = PREFIX + secrets.token_urlsafe(32)
    kept = dbproxy.post(f"/v1/accounts/{account}/tokens",
                        {"name": name, "scope": scope, "hash": hashed(secret), "ends": ends})
    return NewToken.model_validate({**kept, "token": secret})

