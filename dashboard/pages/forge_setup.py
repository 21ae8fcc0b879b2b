"""Register this installation at a forge: what to enter there, what came back, and whether it works."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from flask import current_app, flash, make_response, redirect, render_template, request
from pydantic import Field

from common.wire.errors import Problem
from forges import Forge

from ..api import forge_app as api
from ..api.audit import audit
from ..api.inputs import AppRequest, Input
from ..auth.actor import current
from ..clients import orchestrator
from ..forge import hub, is_on, reach, registrations, states
from ..web.headers import policy
from .blueprint import form, page, posted, query

HERE = "/setup/<hub:forge>"


class Where(Input):
    org: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{0,39}$", description="an organisation that shall own the App")] = ""


@page(HERE, right="owner")
def forge_setup(forge: str):
    return _show(forge)


@page(HERE, right="owner", method="POST")
def forge_setup_post(forge: str):
    def action() -> str:
        api.set_app(forge, form(AppRequest))
        return f"Registered: people can sign in with {hub(forge).title} now."
    return posted(action, f"/setup/{forge}", partial(_show, forge))


@page(HERE + "/forget", right="owner", method="POST")
def forge_forget(forge: str):
    def action() -> str:
        api.forget_app(forge)
        return f"Forgotten. At {hub(forge).title} the application stays until you delete it there."
    return posted(action, f"/setup/{forge}")


@page(HERE + "/created", right="owner")
def forge_created(forge: str):
    """The forge sends the owner back here with a code for the App that they just made."""
    place = hub(forge)
    try:
        begun = states.take(place, request.args.get("state", ""), "setup")
        if begun.account != current().id:
            raise Problem("another person began this: begin it again", status=400)
        made = orchestrator.post(f"/v1/forges/{forge}/app/manifest", {"code": request.args.get("code", "")}, timeout=30)
    except Problem as problem:
        return _show(forge, problem.detail), problem.status
    registrations(place).look_again()
    audit(f"{forge}.register", f"{place.title} App {made.get('slug') or made['app_id']}")
    flash("The App is made. Now install it on the repositories that shall go live.", "success")
    return redirect(f"/setup/{forge}", 303)


def _show(forge: str, problem: str | None = None):
    place, public_url = hub(forge), current_app.config["SETTINGS"].public_url
    wanted, begun = query(Where), states.Begun(purpose="setup", account=current().id)
    found, broken = _registered(place)
    unreachable = reach.problem(place)
    response = make_response(render_template(
        f"forges/{forge}/setup.html", forge=place, on=is_on(forge), org=wanted.org, problem=problem or broken,
        setup=place.setup(public_url, states.callback_url(place), wanted.org, begun.state, hooked=unreachable is None),
        registered=found, mismatch=reach.mismatch(place), unreachable=unreachable, given=request.form))
    states.keep(response, place, begun)
    response.headers["Content-Security-Policy"] = policy(form_action=place.address)
    return response


def _registered(forge: Forge):
    try:
        return registrations(forge).now(), None
    except Problem as problem:
        return None, problem.detail
