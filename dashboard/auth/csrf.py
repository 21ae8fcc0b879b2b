"""Writes that a cookie vouches for must carry a token that no other site can read, and come from our own pages.

The token is an HMAC of the session, so nothing is stored and it ends with the session. Each page has it under another
random mask: answers are compressed, and a text that stays the same could be guessed from their sizes.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

from flask import current_app, g, request

from common.wire.errors import Forbidden

SAFE = {"GET", "HEAD", "OPTIONS"}


SIZE = 32      # bytes of an SHA-256


def token(secret_hash: str) -> str:
    mask = secrets.token_bytes(SIZE)
    return (mask + _xor(mask, _plain(secret_hash))).hex()


def fits(given: str, secret_hash: str) -> bool:
    """Is `given` one of the session's tokens?"""
    try:
        both = bytes.fromhex(given)
    except ValueError:
        return False
    return len(both) == 2 * SIZE and hmac.compare_digest(_xor(both[:SIZE], both[SIZE:]), _plain(secret_hash))


def _plain(secret_hash: str) -> bytes:
    key = current_app.config["SECRET_KEY"].encode()
    return hmac.new(key, b"csrf:" + secret_hash.encode(), hashlib.sha256).digest()


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(left ^ right for left, right in zip(one, other))


def check() -> None:
    """Raises Forbidden for a write from elsewhere. Bearer tokens are never sent by a browser on its own."""
    actor = g.get("actor")
    if request.method in SAFE or (actor is not None and not actor.by_cookie):
        return
    _check_origin()
    if actor is None:
        return
    given = request.headers.get("X-CSRF-Token") or request.form.get("csrf", "")
    if not fits(given, actor.secret_hash):
        raise Forbidden("the form was too old or not ours: go back, reload and try again", error="csrf")


def _check_origin() -> None:
    """Covers the sign-in too, which has no session yet."""
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise Forbidden("this came from another site", error="csrf")
    origin = request.headers.get("Origin")
    if origin and urlsplit(origin).netloc not in {request.host, current_app.config["PUBLIC_HOST"]}:
        raise Forbidden("this came from another site", error="csrf")
