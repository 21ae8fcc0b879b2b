"""What we ask GitHub for, no more than the next step needs, and in which words we say so before."""

from __future__ import annotations

from .registration import Registration

PROFILE = "your public profile: login, name, picture"
ORGS = "the organisations that you belong to, since some of them decide who may come in (read:org)"
REPOSITORIES = ("your repositories, private ones too: list them, fetch the code, set commit statuses, make webhooks "
                "(repo; an OAuth app cannot ask for less)")


def for_signin(registration: Registration, orgs: list[str]) -> list[str]:
    """Scopes of the first redirect. An App has permissions instead."""
    return ["read:org"] if registration.kind == "oauth" and orgs else []


def for_repositories(registration: Registration, orgs: list[str]) -> list[str]:
    return [*for_signin(registration, orgs), "repo"] if registration.kind == "oauth" else []


def words(registration: Registration, orgs: list[str]) -> list[str]:
    """For the page with the first button."""
    return [PROFILE, *([ORGS] if for_signin(registration, orgs) else [])]


def reach_repositories(registration: Registration, granted: list[str]) -> bool:
    return registration.kind == "app" or "repo" in granted
