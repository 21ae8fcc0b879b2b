"""Who may come in from GitHub, and who of them owns this installation: as the settings say, asked at each sign-in.

GITHUB_OWNERS, GITHUB_USERS and GITHUB_ORGS hold logins (`id:NUMBER` for one that must survive a change of names).
With no users and no organisations named, only owners come in, and people whose local account is linked.
"""

from __future__ import annotations

from urllib.parse import quote

from common.errors import Forbidden

from ..settings import DashboardSettings
from . import http
from .exchange import Person


def names(setting: str) -> list[str]:
    return [name.strip().lower() for name in setting.split(",") if name.strip()]


def is_owner(settings: DashboardSettings, person: Person) -> bool:
    return _named(settings.github_owners, person.login, person.id)


def by_name(settings: DashboardSettings, login: str, number: str | None) -> bool:
    """As an owner or a user, whatever organisations say."""
    return any(_named(setting, login, number) for setting in (settings.github_owners, settings.github_users))


def check(settings: DashboardSettings, person: Person) -> None:
    """Raises Forbidden with a sentence for the person who knocked."""
    if by_name(settings, person.login, person.id):
        return
    if any(_member(settings.github_api, org, person) for org in names(settings.github_orgs)):
        return
    raise Forbidden(f"the account {person.login} is not among those who may sign in here: ask whoever runs this installation to "
                    "add the name to GITHUB_USERS, or link GitHub to your local account")


def _named(setting: str, login: str, number: str | None) -> bool:
    listed = names(setting)
    return login.lower() in listed or f"id:{number}" in listed


def _member(api: str, org: str, person: Person) -> bool:
    answer = http.fetch(f"{api}/user/memberships/orgs/{quote(org, safe='')}", person.token.get_secret_value())
    return answer.status_code == 200 and http.json_of(answer).get("state") == "active"
