"""Where the pages are registered, and what a form's answer is."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps

from flask import Blueprint, flash, g, make_response, redirect, request, session
from pydantic import BaseModel

from common.wire.errors import Problem

from ..api.endpoint import parse
from ..api.wording import Invalid
from ..auth.rights import requires
from ..live import event_hub

log = logging.getLogger(__name__)
blueprint = Blueprint("pages", __name__)
AT_FIELD = {400, 409, 422, 429}      # what the person can mend: told beside the form, with what was typed kept


@blueprint.before_request
def note_events() -> None:
    """Before anything is read: what changes after this, the page's stream will tell."""
    g.seen = event_hub().last
    g.problems = {}


def page(path: str, *, right: str, method: str = "GET", scope: str | None = None):
    def register(view):
        blueprint.add_url_rule(path, view.__name__, requires(right, scope=scope)(_with_status(view)), methods=[method])
        return view
    return register


def _with_status(view):
    """A page that could not take all that was asked of it is 400, and still shows what it has."""
    @wraps(view)
    def answered(**path):
        answer = view(**path)
        fine = isinstance(answer, str) or getattr(answer, "status_code", None) == 200
        return make_response(answer, 400) if g.problems and fine else answer
    return answered


def form(model: type[BaseModel]) -> BaseModel:
    """The posted form as `model`; fields left empty count as not given. Raises Invalid."""
    given = {name: value for name, value in request.form.items() if name != "csrf" and value != ""}
    return parse(model, given)


def query(model: type[BaseModel]) -> BaseModel:
    """The query string as `model`; a page's own parameters that the model lacks are not its business. What does not
    fit is told at its field, and the page goes on without it."""
    given = {name: value for name, value in request.args.items() if name in model.model_fields}
    try:
        return parse(model, given)
    except Invalid as problem:
        g.problems.update(problem.fields)
        return parse(model, {name: value for name, value in given.items() if name not in problem.fields})


def posted(action: Callable[[], str], done: str, again: Callable[[str], str] | None = None):
    """Run `action`, then go to `done` with what it returns as a notice.

    What the person can mend comes back by `again(sentence)` (a page): at its field, or above where it has none;
    without `again` as a notice on `done`.
    """
    try:
        told = action()
    except Problem as problem:
        if problem.status not in AT_FIELD:
            raise
        if again:
            return again(beside_fields(problem)), problem.status
        flash(problem.detail, "failure")
        return redirect(done, 303)
    if told:
        flash(told, "success")
    return redirect(done, 303)


def beside_fields(problem: Problem) -> str | None:
    """Puts what names a field of the form beside it; the rest, or None, is for the top of the page."""
    mine = {name: text for name, text in problem.fields.items() if name in request.form}
    g.problems.update(mine)
    return None if mine and len(mine) == len(problem.fields) else problem.detail


def late(problem: Exception) -> str:
    """Why a page goes on without one of its parts; our log has it, too, under the id that the page tells."""
    log.info("%s %s lacks a part, id %s: %s", request.method, request.path, g.id, problem)
    return str(problem)


def began(run: int) -> None:
    """The next page remembers that this browser began the run, and tells of its end wherever one is then."""
    session["began"] = [*session.get("began", []), run][-10:]
