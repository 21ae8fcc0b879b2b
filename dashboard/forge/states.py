"""Sign-ins that were begun, in a signed cookie of the browser that began them.

A state is worth something in that browser alone, once, for ten minutes. Only the newest few are kept, so abandoned
ones push each other out instead of filling the cookie.
"""

from __future__ import annotations

import hmac
import json
import secrets
import time
from dataclasses import asdict, dataclass, field

from flask import Response, after_this_request, current_app, request
from itsdangerous import BadData, URLSafeSerializer

from common.wire.errors import BadRequest
from forges import Attempt, Forge

MINUTES = 10
KEPT = 4                # a cookie holds 4,096 bytes
LONGEST_NEXT = 300      # bytes in the cookie, before it is packed; a longer way back is forgotten


@dataclass(frozen=True)
class Begun:
    """A sign-in on its way: the state and verifier that the forge gets, and what it is for."""

    next: str = "/"
    purpose: str = "signin"                # or `setup` (the App's manifest), or `link`
    account: int | None = None             # of `link` and `setup`: whose session began it
    state: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    at: int = field(default_factory=lambda: int(time.time()))


def cookie(forge: Forge) -> str:
    return f"{'__Host-' if current_app.config['SECURE'] else ''}continuum_{forge.name}"


def keep(response: Response, forge: Forge, begun: Begun) -> None:
    _write(response, forge, [*_read(forge), begun][-KEPT:])


def take(forge: Forge, state: str, *purposes: str) -> Begun:
    """What `state` began in this browser; used up from now on, whatever comes of it. Raises BadRequest."""
    kept = _read(forge)
    found = next((begun for begun in kept if hmac.compare_digest(begun.state.encode(), state.encode())), None)
    if found is None or found.purpose not in purposes:
        raise BadRequest("this was not begun in this browser, was used already, or is older than "
                         f"{MINUTES} minutes: begin it again")

    @after_this_request
    def use_up(response: Response) -> Response:
        _write(response, forge, [begun for begun in kept if begun is not found])
        return response
    return found


def attempt(forge: Forge, begun: Begun) -> Attempt:
    return Attempt(begun.state, begun.verifier, callback_url(forge))


def callback_url(forge: Forge) -> str:
    return f"{current_app.config['SETTINGS'].public_url}/signin/{forge.name}/callback"


def shortened(wanted: str) -> str:
    return wanted if len(json.dumps(wanted)) <= LONGEST_NEXT else "/"


def _signer(forge: Forge) -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=f"{forge.name}-signin")


def _read(forge: Forge) -> list[Begun]:
    try:
        kept = [Begun(**item) for item in _signer(forge).loads(request.cookies.get(cookie(forge), ""))]
    except (BadData, TypeError):
        return []
    return [begun for begun in kept if time.time() - begun.at < MINUTES * 60]


def _write(response: Response, forge: Forge, kept: list[Begun]) -> None:
    options = {"httponly": True, "samesite": "Lax", "secure": current_app.config["SECURE"], "path": "/"}
    if kept:
        response.set_cookie(cookie(forge), _signer(forge).dumps([asdict(begun) for begun in kept]),
                            max_age=MINUTES * 60, **options)
    else:
        response.delete_cookie(cookie(forge), **options)
