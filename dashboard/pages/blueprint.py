"""Where the pages are registered, and what a form's answer is."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, g, redirect, request
from pydantic import BaseModel

from common.errors import Problem

from ..api.endpoint import parse
from ..auth.rights import requires
from ..live import event_hub

blueprint = Blueprint("pages", __name__)
AT_FIELD = {400, 409, 422}      # what the person can mend: told beside the form, with what was typed kept


@blueprint.before_request
def note_events() -> None:
    """Before anything is read: what changes after this, the page's stream will tell."""
    g.seen = event_hub().last


def page(path: str, *, right: str, method: str = "GET", scope: str | None = None):
    def register(view):
        blueprint.add_url_rule(path, view.__name__, requires(right, scope=scope)(view), methods=[method])
        return view
    return register


def form(model: type[BaseModel]) -> BaseModel:
    """The posted form as `model`; fields left empty count as not given. Raises BadRequest."""
    given = {name: value for name, value in request.form.items() if name != "csrf" and value != ""}
    return parse(model, given)


def query(model: type[BaseModel]) -> BaseModel:
    """The query string as `model`; a page's own parameters that the model lacks are not its business."""
    return parse(model, {name: value for name, value in request.args.items() if name in model.model_fields})


def posted(action: Callable[[], str], done: str, again: Callable[[str], str] | None = None):
    """Run `action`, then go to `done` with what it returns as a notice.

    What the person can mend comes back by `again(sentence)` (a page), else as a notice on `done`.
    """
    try:
        told = action()
    except Problem as problem:
        if problem.status not in AT_FIELD:
            raise
        if again:
            return again(problem.detail), problem.status
        flash(problem.detail, "failure")
        return redirect(done, 303)
    if told:
        flash(told, "success")
    return redirect(done, 303)
