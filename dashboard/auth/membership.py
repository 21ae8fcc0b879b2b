"""Who came in as a member of an organisation is out soon after they left it, sessions and tokens too."""

from __future__ import annotations

import threading
import time
from urllib.parse import quote

from flask import Flask, current_app

from common.wire.errors import Problem, ServiceDown
from forges import can

from ..forge import hub
from . import admission, at_forge
from .actor import Actor

KEPT = 300         # seconds
PEOPLE = 5000      # whose answers are kept
LEFT = ("You are no member of an organisation that may sign in here any more. Ask whoever runs this installation to add "
        "your name to {setting}")


def add_membership(app: Flask) -> None:
    app.extensions["memberships"] = _Kept()


def check(actor: Actor) -> None:
    """Raises Revoked. While the forge does not answer, nobody is sent away."""
    if not can(actor.forge, "signin"):
        return
    forge = hub(actor.forge)
    wanted = admission.organisations(forge)
    if not wanted or admission.by_name(forge, actor.login, actor.external_id):
        return
    kept = current_app.extensions["memberships"]
    if kept.knows(actor.id):
        return
    found = _member(actor, wanted)
    if found is False:
        raise at_forge.Revoked(LEFT.format(setting=forge.admission.setting))
    if found:
        kept.remember(actor.id)


def _member(actor: Actor, organisations: list[str]) -> bool | None:
    """None: the forge does not say at the moment."""
    try:
        return any(at_forge.ask(actor, f"/v1/forges/{actor.forge}/organisations/{quote(name, safe='')}/member")["member"]
                   for name in organisations)
    except at_forge.Revoked:
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
