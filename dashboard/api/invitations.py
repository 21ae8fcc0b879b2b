"""Invitations: an owner makes a link, whoever opens it first chooses a name and a password, and the link is used up."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta, timezone

from flask import current_app, request

from common.wire.errors import Conflict, NotFound

from ..auth.actor import current
from ..auth.attempts import Attempts
from ..auth.identity import hashed
from ..clients import db
from . import shapes
from .answers import Account, Invitation, NewInvitation, Page
from .audit import audit
from .endpoint import endpoint
from .inputs import InvitationAnswer, InvitationRequest

TAG = "Accounts"
WRONG, WINDOW = 20, 60      # wrong links from one address in so many seconds, then 429
_wrong = Attempts(WRONG, WINDOW)


@endpoint("GET", "/users/invitations", right="owner", tag=TAG)
def list_invitations() -> Page[Invitation]:
    """Those that are still open."""
    return shapes.whole([shapes.answer(Invitation, row) for row in db.invitations.open()], Invitation)


@endpoint("POST", "/users/invitations", right="owner", status=201, tag=TAG)
def invite(body: InvitationRequest) -> NewInvitation:
    """A link that makes one account, once, until its end. It is shown this once."""
    secret = secrets.token_urlsafe(32)
    ends = datetime.now(timezone.utc) + timedelta(days=body.days)
    kept = db.invitations.create(hashed(secret), body.role, current().login, ends, body.login)
    audit("invitation.create", f"invitation {kept.id}", f"role {body.role}, for {body.login or 'anybody'}")
    url = f"{current_app.config['SETTINGS'].public_url}/invitation/{secret}"
    return shapes.answer(NewInvitation, kept, url=url)


@endpoint("DELETE", "/users/invitations/<id:invitation>", right="owner", status=204, tag=TAG)
def delete_invitation(invitation: int) -> None:
    """The link is good for nothing from now on."""
    db.invitations.remove(invitation)
    audit("invitation.delete", f"invitation {invitation}")


def opened(secret: str) -> Invitation:
    """The invitation of a link; raises NotFound, or a 429 Problem after many wrong links from one address."""
    address = request.remote_addr or ""
    _wrong.check(address)
    try:
        return shapes.answer(Invitation, db.invitations.by_hash(hashed(secret)))
    except NotFound:
        _wrong.count(address)
        raise NotFound("this invitation is unknown, used or past its end: ask for a new one") from None


def accept(secret: str, body: InvitationAnswer) -> Account:
    """Makes the account; raises Conflict for a name that is taken."""
    try:
        kept = db.invitations.accept(hashed(secret), **body.model_dump())
    except Conflict:
        raise Conflict(f"{body.login} is taken, choose another", field="login") from None
    audit("invitation.accept", f"account {kept.login}", f"role {kept.role}", actor=kept.login)
    return shapes.answer(Account, kept)
