"""Sign in with a forge: there, back, and what becomes of it."""

from __future__ import annotations

from typing import Annotated, Literal

from flask import flash, g, redirect, request
from pydantic import Field

from common.api.people import Account
from common.wire.errors import Forbidden, NotFound, Problem
from forges import Forge, Person, Registration

from ..api.audit import audit, audit_refused
from ..api.inputs import Input
from ..auth import accounts_of_forge, admission, resume, sessions
from ..auth.actor import Actor, current, has_password
from ..forge import hub, is_on, registrations, states
from .blueprint import page, posted, query
from .signin import show

# Status of a problem -> of the page. That the forge limits Continuum (429), or refuses the token that it gave a moment ago
# (401), is no fault of the person who signs in.
MENDABLE = {400: 400, 401: 503, 403: 403, 404: 404, 409: 409, 429: 503, 503: 503}


class Departure(Input):
    next: str = "/"
    wants: Annotated[Literal["", "repositories"], Field(description="what the forge is to be asked for")] = ""
    link: bool = False
    kept: Annotated[str, Field(description="a form that waits for the sign-in")] = ""


@page("/signin/<hub:forge>", right="public")
def forge_signin(forge: str):
    """A link, not a form: form-action of our policy would stop the redirect to the forge."""
    place, wanted = hub(forge), query(Departure)
    found = _registration(place)
    begun = _begun(wanted, g.get("actor"))
    consent = place.consent(found, organisations=bool(admission.organisations(place)), repositories=bool(wanted.wants))
    response = redirect(place.authorize_url(found, states.attempt(place, begun), consent))
    states.keep(response, place, begun)
    if resume.fits_cookie(wanted.kept):
        resume.carry(response, wanted.kept)
    return response


@page("/signin/<hub:forge>/callback", right="public")
def forge_callback(forge: str):
    place, way_back = hub(forge), "/"
    try:
        begun = states.take(place, request.args.get("state", ""), "signin", "link")
        way_back = begun.next
        return _arrive(place, begun)
    except Problem as problem:
        if problem.status not in MENDABLE:
            raise
        return show(way_back, problem.detail), MENDABLE[problem.status]


@page("/account/<hub:forge>/unlink", right="account", scope="admin", method="POST")
def forge_unlink(forge: str):
    title = hub(forge).title

    def action() -> str:
        accounts_of_forge.unlink(current())
        audit("account.unlink", f"account {current().login}", title)
        return f"Unlinked: {title} signs you in no more."
    return posted(action, "/account")


def _arrive(forge: Forge, begun: states.Begun):
    if request.args.get("error"):
        raise Problem(f"{forge.title} did not let you through ({request.args['error'][:60]})", status=403)
    found = _registration(forge)
    person = forge.exchange(found, states.attempt(forge, begun), request.args.get("code", ""))
    account = (accounts_of_forge.linked_now(forge, begun, g.get("actor"), person) if begun.purpose == "link"
               else _admitted(forge, person))
    accounts_of_forge.keep_token(forge, account, person, app=found.kind == "app")
    return _signed_in(forge, account, person, begun)


def _admitted(forge: Forge, person: Person) -> Account:
    try:
        return accounts_of_forge.admitted(forge, person)
    except Forbidden as problem:
        audit_refused(person.login, f"{forge.title} {person.id}: {problem.detail}"[:500])
        raise


def _signed_in(forge: Forge, account: Account, person: Person, begun: states.Begun):
    response = redirect(sessions.local_path(begun.next), 303)
    if begun.purpose == "link":
        flash(f"Linked with {person.login} of {forge.title}.", "success")
        audit("account.link", f"account {account.login}", f"{forge.title} {person.login} {person.id}")
        return response
    actor: Actor | None = g.get("actor")
    if actor is None or not actor.by_cookie or actor.id != account.id:
        sessions.open_session(response, account.id)
        audit("sign.in", f"account {account.login}", f"{forge.title} {person.id}, {sessions.device()}", actor=account.login)
    return response


def _begun(wanted: Departure, actor: Actor | None) -> states.Begun:
    way_back = states.shortened(sessions.local_path(wanted.next))
    if resume.fits_cookie(wanted.kept):
        way_back = resume.PAGE
    if wanted.link and actor is not None and has_password(actor):
        return states.Begun(next=way_back, purpose="link", account=actor.id)
    return states.Begun(next=way_back)


def _registration(forge: Forge) -> Registration:
    found = registrations(forge).now() if is_on(forge.name) else None
    if found is None:
        raise NotFound(f"{forge.title} is not set up here: an owner does that at /setup/{forge.name}")
    return found
