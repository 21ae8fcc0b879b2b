"""For owners of the installation: the audit log and the accounts."""

from __future__ import annotations

from flask import render_template, request

from ..api import accounts as api
from ..api.inputs import AccountPatch, AccountRequest, AuditQuery, Paging
from .blueprint import form, page, posted, query


@page("/audit", right="owner")
def audit():
    wanted = query(AuditQuery).model_copy(update={"format": "json"})
    return render_template("audit.html", entries=api.list_audit(wanted), wanted=wanted)


@page("/admin/users", right="owner")
def users():
    return _show()


@page("/admin/users", right="owner", method="POST")
def user_post():
    def action() -> str:
        made = api.create_user(form(AccountRequest))
        return f"{made.login} can sign in now."
    return posted(action, "/admin/users", _show)


@page("/admin/users/<id:account>", right="owner", method="POST")
def user_change(account: int):
    def action() -> str:
        changed = api.change_user(account, form(AccountPatch))
        return f"{changed.login} is changed."
    return posted(action, "/admin/users", _show)


def _show(problem: str | None = None) -> str:
    return render_template("users.html", users=api.list_users(query(Paging)), problem=problem, given=request.form)
