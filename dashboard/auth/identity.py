"""Finds out who is there: a session's cookie, or `Authorization: Bearer`. Kept by dbproxy, by hash alone."""

from __future__ import annotations

import hashlib
from datetime import datetime, timezone

from flask import Flask, g, request

from common.api.people import Account, TokenWithAccount
from common.wire.errors import NotFound, Unauthorized

from ..clients import db
from .actor import Actor
from .attempts import Attempts

PREFIX = "ct_"                       # of our tokens, so that scanners for leaked secrets know them
BAD_TOKENS, WINDOW = 20, 60          # unknown ones from one address in so many seconds, then 429 instead of 401


def hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def cookie_name(secure: bool) -> str:
    return "__Host-continuum" if secure else "continuum"


def add_identity(app: Flask) -> None:
    bad_tokens = Attempts(BAD_TOKENS, WINDOW)

    @app.before_request
    def identify():
        if request.path.startswith("/static/") or request.path == "/healthz":
            return
        scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
        cookie = request.cookies.get(app.config["COOKIE"])
        if scheme.lower() == "bearer":
            g.actor = _by_token(credential.strip(), bad_tokens)
        elif cookie:
            g.actor = _by_cookie(cookie)


def again(actor: Actor) -> Actor | None:
    """The same person asked for anew, in the middle of a long stream; None once the session or token is gone."""
    find = db.sessions.get if actor.by_cookie else db.tokens.by_hash
    try:
        return _actor(find(actor.secret_hash).account, actor.scope, actor.secret_hash, by_cookie=actor.by_cookie)
    except (NotFound, Unauthorized):
        return None


def _by_token(secret: str, bad_tokens: Attempts) -> Actor:
    """A token that is known is never stopped by the wrong ones of others who share its address (a proxy, a NAT)."""
    token = _known_token(secret)
    if token is None:
        bad_tokens.check(request.remote_addr or "")
        bad_tokens.count(request.remote_addr or "")
        raise Unauthorized("this token is unknown, deleted or past its end")
    if token.ends and token.ends < datetime.now(timezone.utc):
        raise Unauthorized("this token is past its end: make a new one")
    return _actor(token.account, token.scope, hashed(secret), by_cookie=False)


def _known_token(secret: str) -> TokenWithAccount | None:
    """What has not the form of our tokens is nobody's: dbproxy is not asked."""
    if not secret.startswith(PREFIX):
        return None
    try:
        return db.tokens.by_hash(hashed(secret))
    except NotFound:
        return None


def _by_cookie(secret: str) -> Actor | None:
    """None for a session that is over: pages then lead to the sign-in."""
    try:
        return _actor(db.sessions.get(hashed(secret)).account, "admin", hashed(secret), by_cookie=True)
    except (NotFound, Unauthorized):
        return None


def _actor(account: Account, scope: str, secret_hash: str, *, by_cookie: bool) -> Actor:
    if account.disabled:
        raise Unauthorized("this account is disabled")
    scopes = account.forge_scopes
    return Actor(id=account.id, forge=account.forge, login=account.login, name=account.name or account.login,
                 role=account.role, scope=scope, secret_hash=secret_hash, by_cookie=by_cookie,
                 external_id=account.external_id, forge_scopes=None if scopes is None else tuple(scopes))
