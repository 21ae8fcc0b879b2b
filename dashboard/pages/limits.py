"""The limits: a page for the installation, and the part of a repository's settings that owners change."""

from __future__ import annotations

from flask import g, render_template, request

from common.wire.contracts import LimitsChange

from ..api import limits as api
from ..api.endpoint import parse
from ..auth import targets
from ..auth.actor import current
from ..auth.rights import right_on
from .blueprint import page, posted
from .limit_rows import WORDS, rows
from .repo import R, address
from .settings import show as show_settings


@page("/admin/limits", right="owner")
def limits():
    return _show()


@page("/admin/limits", right="owner", method="POST")
def limits_post():
    def action() -> str:
        api.change_limits(_posted())
        return "Limits saved. They apply from the next stage of each run."
    return posted(action, "/admin/limits", _show)


@page(R + "/settings/limits", right="owner", method="POST")
def repo_limits_post(**names):
    g.repo = targets.find_repo(names)
    g.right = right_on(current(), g.repo)

    def action() -> str:
        api.change_repo_limits(g.repo.id, _posted())
        return "Limits saved. They apply from the next stage of each run."
    return posted(action, address(g.repo) + "/settings#limits", show_settings)


def _posted() -> LimitsChange:
    """Return all of the form's limits; an empty field restores what would hold otherwise."""
    return parse(LimitsChange, {name: request.form[name].strip() or None for name in WORDS if name in request.form})


def _show(problem: str | None = None) -> str:
    return render_template("limits.html", rows=rows(api.get_limits()), problem=problem, given=request.form)
