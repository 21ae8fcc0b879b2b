"""What a person is asked for at GitHub: no more than the next step needs, in words that the page shows before."""

from __future__ import annotations

from collections.abc import Iterable

from ..signin import Consent, Registration

PROFILE = "your public profile: login, name, picture"
ORGS = "the organisations that you belong to, since some of them decide who may come in (read:org)"
REPOSITORIES = ("your repositories, private ones too: list them, fetch the code, set commit statuses, make webhooks "
                "(repo; an OAuth app cannot ask for less)")


def consent(registration: Registration, organisations: bool, repositories: bool) -> Consent:
    """An App has permissions instead of scopes."""
    orgs = ["read:org"] if registration.kind == "oauth" and organisations else []
    if repositories:
        return Consent((*orgs, *(["repo"] if registration.kind == "oauth" else [])), (REPOSITORIES,))
    return Consent(tuple(orgs), (PROFILE, *([ORGS] if orgs else [])))


def reach_repositories(registration: Registration, granted: Iterable[str]) -> bool:
    return registration.kind == "app" or "repo" in granted
