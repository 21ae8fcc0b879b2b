"""Register this installation at GitHub: what to enter there, what came back, and whether it works."""

from __future__ import annotations

from typing import Annotated

from flask import current_app, flash, make_response, redirect, render_template, request
from pydantic import Field

from common.errors import Problem

from ..api import forge_app as api
from ..api.audit import audit
from ..api.inputs import AppRequest, Input
from ..auth.actor import current
from ..github import reach, setup, states
from ..github.registration import forget, registration
from ..services import orchestrator
from ..web.headers import policy
from .blueprint import form, page, posted, query

HERE = "/setup/github"


class Where(Input):
    org: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{0,39}$", description="an organisation that shall own the App")] = ""


@page(HERE, right="owner")
def github_setup():
    return _show()


@page(HERE, right="owner", method="POST")
def github_setup_post():
    def action() -> str:
        api.set_app(form(AppRequest))
        return "Registered: people can sign in with GitHub now."
    return posted(action, HERE, _show)


@page(HERE + "/forget", right="owner", method="POST")
def github_forget():
    def action() -> str:
        api.forget_app()
        return "Forgotten. At GitHub the application stays until you delete it there."
    return posted(action, HERE)


@page(HERE + "/created", right="owner")
def github_created():
    """GitHub sends the owner back here with a code for the App that they just made."""
    try:
        begun = states.take(request.args.get("state", ""), "setup")
        if begun.account != current().id:
            raise Problem("another person began this: begin it again", status=400)
        made = orchestrator.post("/v1/forges/github/app/manifest", {"code": request.args.get("code", "")}, timeout=30)
    except Problem as problem:
        return _show(problem.detail), problem.status
    forget()
    audit("github.register", f"GitHub App {made.get('slug') or made['app_id']}")
    flash("The App is made. Now install it on the repositories that shall go live.", "success")
    return redirect(HERE, 303)


def _show(problem: str | None = None):
    settings = current_app.config["SETTINGS"]
    wanted, begun = query(Where), states.Begun(purpose="setup", account=current().id)
    found, broken = _registered()
    response = make_response(render_template(
        "github_setup.html", settings=settings, org=wanted.org, enter=setup.to_enter(), problem=problem or broken,
        app_url=setup.new_app_url(wanted.org, begun.state), oauth_url=setup.new_oauth_url(wanted.org),
        manifest=setup.manifest(), permissions=setup.PERMISSIONS, why=setup.WHY, registered=found,
        mismatch=reach.mismatch(), unreachable=reach.problem(), given=request.form))
    states.keep(response, begun)
    response.headers["Content-Security-Policy"] = policy(form_action=settings.github_url)
    return response


def _registered():
    try:
        return registration(), None
    except Problem as problem:
        return None, problem.detail
