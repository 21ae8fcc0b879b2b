"""From a person whom a forge vouches for to their account here; found by the forge's number, never by name."""

from __future__ import annotations

from flask import current_app

from common.api.people import Account
from common.secrets.sealing import seal
from common.wire.errors import BadRequest, Conflict, Forbidden, Problem, ServiceDown, Unauthorized, Unavailable
from forges import Forge, Person, can

from ..clients import db
from ..forge.states import Begun
from . import admission, at_forge
from .actor import PASSWORDS, Actor


def admitted(forge: Forge, person: Person) -> Account:
    """The account that a sign-in opens: the local one that is linked, else the person's own. Raises Forbidden."""
    account = _linked(person)
    if account is None:
        admission.check(forge, person)
        account = _own(forge, person)
    if account.disabled:
        raise Forbidden("this account is disabled: ask an owner of this installation")
    return account


def linked_now(forge: Forge, begun: Begun, actor: Actor | None, person: Person) -> Account:
    """The local account of whoever began to link it, and is still signed in to it; linked from now on."""
    if actor is None or not actor.by_cookie or actor.id != begun.account:
        raise BadRequest("you signed out meanwhile: sign in to the account that you want to link, and begin again")
    try:
        return db.accounts.change(actor.id, external_id=person.id)
    except Conflict:
        raise Conflict(f"{person.login} of {forge.title} is linked with another account here: unlink it there first") from None


def unlink(actor: Actor) -> None:
    if can(actor.forge, "signin"):
        raise BadRequest("an account of a forge has nothing to unlink")
    db.accounts.change(actor.id, external_id="")
    db.forge_tokens.remove(actor.id)


def keep_token(forge: Forge, account: Account, person: Person, *, app: bool) -> None:
    """Sealed to orchestrator: neither we nor Postgres can read it again. A token that may more is kept instead while
    the forge accepts it, since a plain sign-in asks for little and the repositories of this person go on needing the
    rest; an App's has no scopes."""
    if not app and set(account.forge_scopes or ()) - set(person.scopes) and _accepted(forge, account, person):
        return
    key = current_app.config["SETTINGS"].seal_keys.get("orchestrator")
    if key is None:
        raise Unavailable("SEAL_PUBLIC_KEYS has no key of orchestrator: run ./continuum up")
    db.forge_tokens.put(account.id, seal(person.sign_in.text, key), list(person.scopes))


def _accepted(forge: Forge, account: Account, person: Person) -> bool:
    """Does the forge still accept the token that is kept? Asked by way of a right that has to be looked up there."""
    try:
        at_forge.ask_as(account.id, f"{at_forge.address(at_forge.Unconnected(forge.name, person.login, 'continuum'))}/right")
    except Unauthorized:
        return False
    except (Problem, ServiceDown):
        return True      # nobody knows at the moment: what may more is not thrown away for that
    return True


def _linked(person: Person) -> Account | None:
    found = db.accounts.page(forge=PASSWORDS, external_id=person.id).items
    return found[0] if found else None


def _own(forge: Forge, person: Person) -> Account:
    role = "owner" if admission.is_owner(forge, person) else "user"
    account = db.accounts.create(forge=forge.name, login=person.login, name=person.name, role=role, external_id=person.id,
                                 avatar_url=person.avatar_url)
    if account.role != role and forge.admission.owners:
        return _with_role(account, role)
    return account


def _with_role(account: Account, role: str) -> Account:
    """The setting of owners decides at each sign-in; only the last owner stays what they are."""
    try:
        return db.accounts.change(account.id, role=role)
    except Conflict:
        return account
