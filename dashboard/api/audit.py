"""Every change by a person, and every failed sign-in, is in the audit log: who, what, on what, from where."""

from __future__ import annotations

from flask import g, request

from ..auth.actor import current
from ..clients import db


def audit(action: str, about: str, detail: str = "", *, actor: str | None = None) -> None:
    """`action` like "run.start", `about` like "acme/shop run 12". `actor`: where nobody is signed in yet."""
    db.audit.add(actor or current().login, action, about, detail, request.remote_addr or "")


def audit_refused(login: str, why: str) -> None:
    """A failed sign-in of somebody whom a forge vouched for; dbproxy writes those by password itself."""
    db.accounts.refused(login, why, request.remote_addr or "")


def repo_name() -> str:
    return g.repo.path
