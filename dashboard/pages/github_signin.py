"""Sign in with GitHub: there, back, and what becomes of it."""

from __future__ import annotations

from typing import Annotated, Literal

from flask import current_app, flash, g, redirect, request
from pydantic import Field

from common.errors import Forbidden, NotFound, Problem

from ..api.audit import audit, audit_refused
from ..api.inputs import Input
from ..auth import accounts_of_github, resume, sessions
from ..auth.actor import Actor, current
from ..github import admission, exchange, scopes, states
from ..github.registration import Registration, registration
from .blueprint import page, posted, query
from .signin import show

MENDABLE = {400, 403, 404, 409, 503}


class Departure(Input):
    next: str = "/"
    wants: Annotated[Literal["", "repositories"], Field(description="what GitHub is to be asked for")] = ""
    link: bool = False
    kept: Annotated[str, Field(description="a form that waits for the sign-in")] = ""


@page("/signin/github", right="public")
def github_signin():
    """A link, not a form: form-action of our policy would stop the redirect to GitHub."""
    wanted = query(Departure)
    found = _registration()
    begun = _begun(wanted, g.get("actor"))
    orgs = admission.names(_settings().github_orgs)
    asked = (scopes.for_repositories if wanted.wants else scopes.for_signin)(found, orgs)
    response = redirect(exchange.authorize_url(found, begun, asked))
    states.keep(response, begun)
    if resume.fits_cookie(wanted.kept):
        resume.carry(response, wanted.kept)
    return response


@page("/signin/github/callback", right="public")
def github_callback():
    way_back = "/"
    try:
        begun = states.take(request.args.get("state", ""), "signin", "link")
        way_back = begun.next
        return _arrive(begun)
    except Problem as problem:
        if problem.status not in MENDABLE:
            raise
        return show(way_back, problem.detail), problem.status


@page("/account/github/unlink", right="account", scope="admin", method="POST")
def github_unlink():
    def action() -> str:
        accounts_of_github.unlink(current())
        audit("account.unlink", f"account {current().login}", "GitHub")
        return "Unlinked: GitHub signs you in no more."
    return posted(action, "/account")


def _arrive(begun: states.Begun):
    if request.args.get("error"):
        raise Problem(f"GitHub did not let you through ({request.args['error'][:60]})", status=403)
    found = _registration()
    person = exchange.person_of(found, begun, request.args.get("code", ""))
    account = accounts_of_github.linked_now(begun, g.get("actor"), person) if begun.purpose == "link" else _admitted(person)
    accounts_of_github.keep_token(account, person, app=found.kind == "app")
    return _signed_in(account, person, begun)


def _admitted(person: exchange.Person) -> dict:
    try:
        return accounts_of_github.admitted(_settings(), person)
    except Forbidden as problem:
        audit_refused(person.login, f"GitHub {person.id}: {problem.detail}"[:500])
        raise


def _signed_in(account: dict, person: exchange.Person, begun: states.Begun):
    response = redirect(sessions.local_path(begun.next), 303)
    if begun.purpose == "link":
        flash(f"Linked with {person.login} of GitHub.", "success")
        audit("account.link", f"account {account['login']}", f"GitHub {person.login} {person.id}")
        return response
    actor: Actor | None = g.get("actor")
    if actor is None or not actor.by_cookie or actor.id != account["id"]:
        sessions.open_session(response, account["id"])
        audit("sign.in", f"account {account['login']}", f"GitHub {person.id}, {sessions.device()}", actor=account["login"])
    return response


def _begun(wanted: Departure, actor: Actor | None) -> states.Begun:
    way_back = states.shortened(sessions.local_path(wanted.next))
    if resume.fits_cookie(wanted.kept):
        way_back = resume.PAGE
    if wanted.link and actor is not None and actor.forge == "local":
        return states.Begun(next=way_back, purpose="link", account=actor.id)
    return states.Begun(next=way_back)


def _registration() -> Registration:
    found = registration() if _settings().github_on else None
    if found is None:
        raise NotFound("GitHub is not set up here: an owner does that at /setup/github")
    return found


def _settings():
    return current_app.config["SETTINGS"]
