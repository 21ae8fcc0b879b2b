"""Who came in as a member of an organisation (GITHUB_ORGS) is out soon after they left it, sessions and tokens too."""

from __future__ import annotations

import threading
import time
from urllib.parse import quote

from flask import Flask, current_app

from common.errors import Problem, ServiceDown

from ..github import admission
from . import on_github
from .actor import Actor

KEPT = 300         # seconds
PEOPLE = 5000      # whose answers are kept
LEFT = ("You are no member of an organisation that may sign in here any more. Ask whoever runs this installation to add "
        "your name to GITHUB_USERS")


def add_membership(app: Flask) -> None:
    app.extensions["github_membership"] = _Kept()


def check(actor: Actor) -> None:
    """Raises Revoked. While GitHub does not answer, nobody is sent away."""
    settings = current_app.config["SETTINGS"]
    wanted = admission.names(settings.github_orgs)
    if actor.forge != "github" or not wanted or admission.by_name(settings, actor.login, actor.external_id):
        return
    kept = current_app.extensions["github_membership"]
    if kept.knows(actor.id):
        return
    found = _member(actor, wanted)
    if found is False:
        raise on_github.Revoked(LEFT)
    if found:
        kept.remember(actor.id)


def _member(actor: Actor, organisations: list[str]) -> bool | None:
    """None: GitHub does not say at the moment."""
    try:
        return any(on_github.ask(actor, f"/v1/forges/github/organisations/{quote(name, safe='')}/member")["member"]
                   for name in organisations)
    except on_github.Revoked:
        raise
    except (Problem, ServiceDown):
        return None


class _Kept:
    """Who was a member a moment ago. Safe for several threads."""

    def __init__(self, clock=time.monotonic):
        self._clock, self._lock = clock, threading.Lock()
        self._until: dict[int, float] = {}

    def knows(self, account: int) -> bool:
        return self._clock() < self._until.get(account, 0)

    def remember(self, account: int) -> None:
        with self._lock:
            if len(self._until) >= PEOPLE:
                self._until.clear()
            self._until[account] = self._clock() + KEPT
