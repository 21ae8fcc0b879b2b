"""Which names are those of deleted accounts: what they made names them, and pages say that they are gone."""

from __future__ import annotations

import logging
import time

from flask import current_app

from common.wire.errors import Problem, ServiceDown

from ..clients import db

log = logging.getLogger(__name__)
KEPT = 20      # seconds


def gone(login: str | None) -> bool:
    """For templates: is that the name of a deleted account? False, too, while dbproxy does not say."""
    asked, logins = current_app.extensions.get("gone", (0.0, frozenset()))
    if time.monotonic() - asked > KEPT or not asked:
        logins = _ask(logins)
        current_app.extensions["gone"] = time.monotonic(), logins
    return (login or "").lower() in logins


def forget() -> None:
    """An account was deleted: ask again."""
    current_app.extensions.pop("gone", None)


def _ask(known: frozenset[str]) -> frozenset[str]:
    try:
        return frozenset(db.accounts.deleted_logins())
    except (Problem, ServiceDown) as problem:
        log.info("the names of deleted accounts are not known at the moment: %s", problem)
        return known
