"""For owners of the installation: the audit log, the accounts, and who is invited."""

from __future__ import annotations

from flask import g, render_template, request

from ..api import accounts as api
from ..api import invitations as invitations_api
from ..api.inputs import AccountDeletion, AccountPatch, AuditQuery, InvitationRequest, Paging
from .blueprint import form, page, posted, query


@page("/audit", right="owner")
def audit():
    wanted = query(AuditQuery).model_copy(update={"format": "json"})
    return render_template("audit.html", entries=api.list_audit(wanted), wanted=wanted)


@page("/admin/users", right="owner")
def users():
    return _show()


@page("/admin/users/invitations", right="owner", method="POST")
def invitation_create():
    """The answer shows the link: the one time that anybody sees it."""
    def action() -> str:
        g.invited = invitations_api.invite(form(InvitationRequest))
        return ""
    answer = posted(action, "/admin/users", _show)
    return _show() if g.get("invited") else answer


@page("/admin/users/invitations/<id:invitation>/delete", right="owner", method="POST")
def invitation_delete(invitation: int):
    def action() -> str:
        invitations_api.delete_invitation(invitation)
        return "The invitation is withdrawn."
    return posted(action, "/admin/users")


@page("/admin/users/<id:account>", right="owner", method="POST")
def user_change(account: int):
    def action() -> str:
        changed = api.change_user(account, form(AccountPatch))
        return f"{changed.login} is changed."
    return posted(action, "/admin/users", _show)


@page("/admin/users/<id:account>/delete", right="owner")
def confirm_user_delete(account: int):
    return _ask_deletion(account)


@page("/admin/users/<id:account>/delete", right="owner", method="POST")
def user_delete(account: int):
    def action() -> str:
        found = api.find_account(account)
        api.delete_user(account, form(AccountDeletion))
        return f"The account {found.login} is deleted."
    return posted(action, "/admin/users", lambda problem: _ask_deletion(account, problem))


def _ask_deletion(account: int, problem: str | None = None) -> str:
    return render_template("confirm_account_delete.html", account=api.find_account(account), problem=problem,
                           given=request.form)


def _show(problem: str | None = None) -> str:
    return render_template("users.html", users=api.list_users(query(Paging)), problem=problem, given=request.form,
                           invitations=invitations_api.list_invitations(), invited=g.get("invited"))
