"""Sign in and out."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request

from common.errors import Problem

from ..api.audit import audit
from ..api.inputs import Input, Login, Password
from ..auth import sessions
from ..auth.actor import current
from .blueprint import form, page


class SignIn(Input):
    login: Login
    password: Password
    next: str = "/"


@page("/", right="public")
def home():
    return redirect("/repos")


@page("/signin", right="public")
def signin():
    wanted = sessions.local_path(request.args.get("next", "/"))
    if g.get("actor"):
        return redirect(wanted)
    return _show(wanted)


@page("/signin", right="public", method="POST")
def signin_post():
    wanted = sessions.local_path(request.form.get("next", "/"))
    try:
        given = form(SignIn)
        account = sessions.verify(given.login, given.password)
    except Problem as problem:
        if problem.status not in (400, 401, 429):
            raise
        told = problem.detail if problem.status == 429 else "That name and password do not fit together."
        return _show(wanted, told), 422 if problem.status == 400 else problem.status
    response = redirect(wanted, 303)
    sessions.open_session(response, account["id"])
    audit("sign.in", f"account {account['login']}", sessions.device(), actor=account["login"])
    return response


@page("/signout", right="account", method="POST")
def signout():
    response = redirect("/signin", 303)
    sessions.close_session(response, current().secret_hash)
    audit("sign.out", f"account {current().login}")
    flash("You are signed out.", "success")
    return response


def _show(wanted: str, problem: str | None = None) -> str:
    return render_template("signin.html", next=wanted, problem=problem, login=request.form.get("login", "")[:64])
