"""A form that was sent after its session had ended: it waits, signed, in the sign-in, and comes back after it.

Passwords and secrets are not carried; nothing is done until the person, signed in again, says so. It comes back only
in the browser that sent it, so that nobody can hand another one a form. On the way over a forge, which brings back nothing
of ours but a state, a cookie holds it.
"""

from __future__ import annotations

import secrets

from flask import Response, current_app, request, session
from itsdangerous import BadData, URLSafeTimedSerializer

HOURS = 1
NOT_CARRIED = {"csrf", "password", "current", "new", "value"}
LARGEST = 4000      # letters of a form that is carried: it travels in an address

PAGE, COOKIE = "/resume", "continuum_form"
LARGEST_COOKIE = 3800      # bytes; a browser keeps 4,096 with name and attributes

Fields = list[list[str]]


def keep() -> str | None:
    """What was posted, as one text for a hidden field; None where nothing was typed."""
    fields = [[name, value] for name, value in request.form.items(multi=True) if name not in NOT_CARRIED]
    if not fields or sum(len(value) for _, value in fields) > LARGEST:
        return None
    return _signer().dumps([request.path, fields, session.setdefault("browser", secrets.token_hex(8))])


def kept(text: str) -> tuple[str, Fields] | None:
    """(where it was going, its fields); None for what is not ours, or too old."""
    try:
        path, fields, browser = _signer().loads(text, max_age=HOURS * 3600)
    except BadData:
        return None
    return (path, fields) if browser == session.get("browser") else None


def fits_cookie(text: str) -> bool:
    return len(text) <= LARGEST_COOKIE and kept(text) is not None


def carry(response: Response, text: str) -> None:
    response.set_cookie(COOKIE, text, max_age=HOURS * 3600, httponly=True, samesite="Lax",
                        secure=current_app.config["SECURE"], path=PAGE)


def carried() -> str:
    return request.cookies.get(COOKIE, "")


def drop(response: Response) -> None:
    """Shown once: nobody who uses this browser later finds it."""
    response.delete_cookie(COOKIE, httponly=True, samesite="Lax", secure=current_app.config["SECURE"], path=PAGE)


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="a form that waits")
