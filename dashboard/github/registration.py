"""How this installation is registered at GitHub: from .env, or from what the setup page stored."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass
from typing import Literal

from flask import Flask, current_app
from pydantic import SecretStr

from common.errors import NotFound, Unavailable
from common.sealing import unseal

from ..services import dbproxy

KEPT = 30      # seconds, so that an answer to a webhook need not wait for it


@dataclass(frozen=True)
class Registration:
    kind: Literal["oauth", "app"]
    client_id: str
    client_secret: SecretStr
    webhook_secret: SecretStr | None = None      # of an App
    html_url: str | None = None
    slug: str | None = None
    stored: bool = True                          # by the setup page; else it stands in .env


def registration() -> Registration | None:
    """None where nothing is registered yet. .env goes first: whoever writes there means it."""
    settings = current_app.config["SETTINGS"]
    if settings.github_client_id and settings.github_client_secret:
        return Registration("oauth", settings.github_client_id, settings.github_client_secret, stored=False)
    return _kept().get(_stored)


def forget() -> None:
    """After a change: the next question is answered from the store."""
    _kept().forget()


def _stored() -> Registration | None:
    try:
        found = dbproxy.get("/v1/forge-apps/github")
    except NotFound:
        return None
    secrets = _opened(found["sealed"].get("dashboard"))
    hook = secrets.get("webhook_secret")
    return Registration(found["kind"], found["client_id"], SecretStr(secrets["client_secret"]),
                        SecretStr(hook) if hook else None, found.get("html_url"), found.get("slug"))


def _opened(sealed: str | None) -> dict:
    key = current_app.config["SETTINGS"].dashboard_seal_key
    try:
        if key is None or sealed is None:
            raise ValueError("nothing is sealed to the dashboard")
        return json.loads(unseal(sealed, key.get_secret_value()))
    except ValueError:
        raise Unavailable("what was registered at GitHub cannot be opened with today's DASHBOARD_SEAL_KEY: "
                          "an owner registers it again at /setup/github") from None


class _Kept:
    def __init__(self, clock=time.monotonic):
        self._clock, self._lock = clock, threading.Lock()
        self._value, self._until = None, 0.0

    def get(self, ask):
        if self._clock() >= self._until:
            value = ask()
            with self._lock:
                self._value, self._until = value, self._clock() + KEPT
        return self._value

    def forget(self) -> None:
        with self._lock:
            self._until = 0.0


def add_registration(app: Flask) -> None:
    app.extensions["github_registration"] = _Kept()


def _kept() -> _Kept:
    return current_app.extensions["github_registration"]
