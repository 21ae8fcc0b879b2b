"""Sign in and out; a form that was sent after its session had ended waits here."""

from __future__ import annotations

from flask import flash, g, make_response, redirect, render_template, request

from common.wire.errors import Problem

from ..api.audit import audit
from ..api.inputs import Input, Login, Password
from ..auth import resume, sessions
from ..auth.actor import current
from .blueprint import form, page


class SignIn(Input):
    login: Login
    password: Password
    next: str = "/"
    kept: str = ""


@page("/", right="public")
def home():
    return redirect("/repos")


@page("/signin", right="public")
def signin():
    wanted = sessions.local_path(request.args.get("next", "/"))
    if g.get("actor"):
        return redirect(wanted)
    return show(wanted, kept=request.args.get("kept", ""))


@page("/signin", right="public", method="POST")
def signin_post():
    wanted, kept = sessions.local_path(request.form.get("next", "/")), request.form.get("kept", "")
    try:
        given = form(SignIn)
        account = sessions.verify(given.login, given.password)
    except Problem as problem:
        if problem.status not in (400, 401, 429):
            raise
        told = problem.detail if problem.status == 429 else "That name and password do not fit together."
        answer = show(wanted, told, kept), 422 if problem.status == 400 else problem.status
        return (*answer, {"Retry-After": str(problem.retry_after)}) if problem.retry_after else answer
    response = redirect(wanted, 303)
    sessions.open_session(response, account.id)
    audit("sign.in", f"account {account.login}", sessions.device(), actor=account.login)
    if resume.kept(kept):
        response.headers["Location"] = f"{resume.PAGE}?form={kept}"
    return response


@page(resume.PAGE, right="account")
def resume_form():
    """What was typed before the session ended, to be sent now or left."""
    found = resume.kept(request.args.get("form") or resume.carried())
    if found is None:
        flash("That form waited too long, or came back already; it was not sent.", "failure")
        return redirect("/repos")
    path, fields = found
    response = make_response(render_template("resume.html", path=path, fields=fields))
    resume.drop(response)
    return response


@page("/signout", right="account", method="POST")
def signout():
    response = redirect("/signin", 303)
    sessions.close_session(response, current().secret_hash)
    audit("sign.out", f"account {current().login}")
    flash("You are signed out.", "success")
    return response


def show(wanted: str, problem: str | None = None, kept: str = "") -> str:
    return render_template("signin.html", next=wanted, problem=problem, kept=kept, carried=resume.fits_cookie(kept),
                           login=request.form.get("login", "")[:64])
