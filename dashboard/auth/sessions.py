"""Sign-in by name and password, and the cookie that stands for it: a random secret, kept only as its hash."""

from __future__ import annotations

import secrets

from flask import Response, current_app, request

from common.api.people import Account

from ..clients import db
from .actor import PASSWORDS
from .identity import hashed

DAYS = 30


def verify(login: str, password: str) -> Account:
    """The account; raises Unauthorized for a wrong pair, a 429 Problem after too many."""
    return db.accounts.verify(PASSWORDS, login, password, ip=request.remote_addr or "")


def open_session(response: Response, account: int) -> None:
    secret = secrets.token_urlsafe(32)
    db.sessions.create(account, device(), request.remote_addr or "", hash=hashed(secret))
    response.set_cookie(current_app.config["COOKIE"], secret, max_age=DAYS * 86400, httponly=True, samesite="Lax",
                        secure=current_app.config["SECURE"], path="/")


def close_session(response: Response, secret_hash: str) -> None:
    db.sessions.remove(secret_hash)
    response.delete_cookie(current_app.config["COOKIE"], httponly=True, samesite="Lax",
                           secure=current_app.config["SECURE"], path="/")


def device() -> str:
    """What people recognise in a list of sessions: "Firefox on Linux"."""
    agent = request.user_agent.string
    browser = next((name for mark, name in (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"),
                                            ("Safari/", "Safari"), ("curl/", "curl")) if mark in agent), "a client")
    system = next((name for mark, name in (("Android", "Android"), ("iPhone", "iPhone"), ("Windows", "Windows"),
                                           ("Mac OS", "macOS"), ("Linux", "Linux")) if mark in agent), None)
    return f"{browser} on {system}" if system else browser


def local_path(wanted: str) -> str:
    """`wanted` if it stays on this site, else `/`: no scheme, no host, no backslash that a browser reads as one."""
    plain = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    return wanted if plain and "\\" not in wanted and wanted.isprintable() else "/"
