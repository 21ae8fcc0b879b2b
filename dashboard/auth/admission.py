"""Who may come in from a forge, and who of them owns this installation: as the settings say, asked at each sign-in.

With no users and no organisations named, only owners come in, and people whose local account is linked.
"""

from __future__ import annotations

from common.wire.errors import Forbidden
from forges import Account, Forge, Person


def names(setting: str) -> list[str]:
    return [name.strip().lower() for name in setting.split(",") if name.strip()]


def organisations(forge: Forge) -> list[str]:
    return names(forge.admission.organisations)


def is_owner(forge: Forge, person: Person) -> bool:
    return _named(forge.admission.owners, person.login, person.id)


def by_name(forge: Forge, login: str, number: str | None) -> bool:
    """As an owner or a user, whatever organisations say."""
    return any(_named(setting, login, number) for setting in (forge.admission.owners, forge.admission.users))


def check(forge: Forge, person: Person) -> None:
    """Raises Forbidden with a sentence for the person who knocked."""
    if by_name(forge, person.login, person.id):
        return
    account = Account(person.login, token=person.token)
    if any(forge.member(account, organisation) for organisation in organisations(forge)):
        return
    raise Forbidden(f"the account {person.login} is not among those who may sign in here: ask whoever runs this installation to "
                    f"add the name to {forge.admission.setting}, or link {forge.title} to your local account")


def _named(setting: str, login: str, number: str | None) -> bool:
    listed = names(setting)
    return login.lower() in listed or f"id:{number}" in listed
