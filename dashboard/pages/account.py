"""Your tokens, sessions, password, and how pages look."""

from __future__ import annotations

from datetime import date

from flask import current_app, g, redirect, render_template, request

from ..api import accounts as accounts_api
from ..api import tokens as tokens_api
from ..api.inputs import OwnDeletion, PasswordChange, TokenRequest
from ..auth.sessions import local_path
from .blueprint import form, page, posted

YEAR = 365 * 86400
LOOKS = {"scheme": ("", "light", "dark"), "density": ("", "compact"), "keys": ("", "off")}


@page("/account", right="account")
def account():
    return _show()


@page("/account/tokens", right="account", scope="admin", method="POST")
def token_post():
    """The answer shows the token: the one time that anybody sees it."""
    def action() -> str:
        g.made = tokens_api.create_token(form(TokenRequest))
        return ""
    answer = posted(action, "/account", _show)
    return _show() if g.get("made") else answer


@page("/account/tokens/<id:token>/delete", right="account", scope="admin", method="POST")
def token_delete(token: int):
    return posted(lambda: tokens_api.delete_token(token) or "The token is deleted.", "/account")


@page("/account/sessions/<id:session>/end", right="account", scope="admin", method="POST")
def session_end(session: int):
    return posted(lambda: accounts_api.end_session(session) or "That device is signed out.", "/account")


@page("/account/password", right="account", scope="admin", method="POST")
def password_post():
    def action() -> str:
        wanted = form(PasswordChange)
        accounts_api.change_password(wanted)
        return ("Your password is changed; other devices are signed out"
                + (", and your tokens still work." if wanted.keep_tokens else ", and your tokens are deleted."))
    return posted(action, "/account", _show)


@page("/account/delete", right="account", scope="admin", method="POST")
def delete_post():
    def action() -> str:
        accounts_api.delete_own_account(form(OwnDeletion))
        return "Your account is deleted."
    return posted(action, "/signin", _show)


@page("/account/looks", right="public", method="POST")
def looks_post():
    """Scheme, density and keys live in cookies, so that the first paint is right."""
    response = redirect(local_path(request.form.get("next", "/account")), 303)
    for name, values in LOOKS.items():
        value = request.form.get(name)
        if value in values:
            response.set_cookie(name, value, max_age=YEAR if value else 0, samesite="Lax",
                                secure=current_app.config["SECURE"])
    return response


def _show(problem: str | None = None) -> str:
    return render_template("account.html", account=accounts_api.get_account(), tokens=tokens_api.list_tokens(),
                           sessions=accounts_api.list_sessions(), made=g.get("made"), problem=problem,
                           given=request.form, today=date.today())
