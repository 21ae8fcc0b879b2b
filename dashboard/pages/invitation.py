"""Where an invitation leads: a name and a password make the account, and the invited is in."""

from __future__ import annotations

from flask import render_template, request

from ..api import invitations as api
from ..api.inputs import InvitationAnswer
from ..auth import sessions
from .blueprint import form, page, posted


@page("/invitation/<string:secret>", right="public")
def invitation(secret: str):
    return _show(secret)


@page("/invitation/<string:secret>", right="public", method="POST")
def invitation_post(secret: str):
    made = {}

    def action() -> str:
        made["account"] = api.accept(secret, form(InvitationAnswer))
        return f"Welcome, {made['account'].login}."
    response = posted(action, "/repos", lambda problem: _show(secret, problem))
    if "account" in made:
        sessions.open_session(response, made["account"].id)
    return response


def _show(secret: str, problem: str | None = None) -> str:
    return render_template("invitation.html", invitation=api.opened(secret), problem=problem, given=request.form)
