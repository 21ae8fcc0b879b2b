"""Yourself, your sessions, and (owners) everybody's accounts and the audit log."""

from __future__ import annotations

import csv
import io
from itertools import islice

from flask import Response

from common.api import people
from common.wire.errors import BadRequest, Conflict, NotFound, Unauthorized

from ..auth import gone, sessions
from ..auth.actor import PASSWORDS, current, has_password
from ..clients import db
from . import shapes
from .answers import Account, AuditEntry, Page, Session
from .audit import audit
from .endpoint import endpoint
from .findings import cell
from .inputs import AccountDeletion, AccountPatch, AccountRequest, AuditQuery, OwnDeletion, Paging, PasswordChange
from .wording import Invalid

TAG = "Accounts"
MOST_ROWS = 10_000      # of the audit log in one file


@endpoint("GET", "/account", right="account", tag=TAG)
def get_account() -> Account:
    """Yourself."""
    return shapes.answer(Account, db.accounts.get(current().id))


@endpoint("PUT", "/account/password", right="account", scope="admin", status=204, tag=TAG,
          also={409: "your account has no password: its forge signs you in"})
def change_password(body: PasswordChange) -> None:
    """Change your password; your other sessions and all your tokens end, unless `keep_tokens` is true."""
    if not has_password(current()):      # a local account may have the same name, with tries of its own to be counted
        raise Conflict("your account has no password here: its forge signs you in")
    _check_password("current", body.current)
    try:
        db.accounts.change(current().id, password=body.new, keep_tokens=body.keep_tokens,
                           keep_session=current().secret_hash if current().by_cookie else None)
    except BadRequest as problem:
        raise BadRequest(problem.fields.get("password", problem.detail), error=problem.error, field="new") from None
    audit("account.password", f"account {current().login}", "tokens kept" if body.keep_tokens else "tokens ended")


@endpoint("POST", "/account/delete", right="account", scope="admin", status=204, tag=TAG,
          also={409: "you are the last owner: make another one first"})
def delete_own_account(body: OwnDeletion) -> None:
    """Delete your account: its sessions, tokens and rights end for good, and nobody signs in to it again.

    What it made stays. `password` is yours; an account that its forge signs in types its login as `confirm`.
    """
    if has_password(current()):
        _check_password("password", body.password)
    elif body.confirm != current().login:
        raise Invalid({"confirm": f"type {current().login} to delete your account"})
    _delete(current().id, current().login, "by its holder")


def _check_password(field: str, given: str | None) -> None:
    """Raises BadRequest at `field`, and a 429 Problem after too many wrong ones."""
    if not given:
        raise Invalid({field: "type your password"})
    try:
        sessions.verify(current().login, given)
    except Unauthorized:
        raise BadRequest("that is not your password", field=field) from None


def _delete(account: int, login: str, detail: str = "") -> None:
    db.accounts.remove(account)
    gone.forget()
    audit("account.delete", f"account {login}", detail)


@endpoint("GET", "/sessions", right="account", tag=TAG)
def list_sessions() -> Page[Session]:
    """Where you are signed in."""
    return shapes.whole(own_sessions(), Session)


@endpoint("DELETE", "/sessions/<id:session>", right="account", scope="admin", status=204, tag=TAG)
def end_session(session: int) -> None:
    """Sign that device out."""
    for found in own_sessions():
        if found.id == session:
            db.sessions.remove(found.hash)
            audit("session.end", f"session {session}")
            return
    raise NotFound("you have no such session")


class OwnSession(Session):
    hash: str


def own_sessions() -> list[OwnSession]:
    return [shapes.answer(OwnSession, row, hash=row.secret_hash, this=row.secret_hash == current().secret_hash)
            for row in db.sessions.of_account(current().id)]


@endpoint("GET", "/users", right="owner", tag=TAG)
def list_users(query: Paging) -> Page[Account]:
    """Every account."""
    return shapes.page(db.accounts.page(**query.filters()), Account)


@endpoint("POST", "/users", right="owner", status=201, tag=TAG, also={409: "that name is taken"})
def create_user(body: AccountRequest) -> Account:
    """A local account; hand the password over in person, it can be changed by its holder."""
    try:
        made = db.accounts.create(forge=PASSWORDS, **body.model_dump())
    except Conflict:
        raise Conflict(f"{body.login} is taken", field="login") from None
    audit("account.create", f"account {body.login}", f"role {body.role}")
    return shapes.answer(Account, made)


@endpoint("PATCH", "/users/<id:account>", right="owner", tag=TAG, also={409: "you cannot shut yourself out"})
def change_user(account: int, body: AccountPatch) -> Account:
    """Change role, name or password, or disable: a disabled account is signed out everywhere at once.

    A new password ends the account's sessions, and its tokens unless `keep_tokens` is true.
    """
    if account == current().id and (body.disabled or body.role == "user"):
        raise Conflict("another owner has to do that to you")
    kept = db.accounts.change(account, **body.model_dump(exclude_none=True))
    told = ", ".join(f"{key}={value}" for key, value
                     in body.model_dump(exclude_none=True, exclude={"password", "keep_tokens"}).items())
    audit("account.change", f"account {kept.login}", told + (" password" if body.password else ""))
    return shapes.answer(Account, kept)


@endpoint("DELETE", "/users/<id:account>", right="owner", status=204, tag=TAG,
          also={409: "the last owner cannot be deleted, and you delete yourself on your account's page"})
def delete_user(account: int, query: AccountDeletion) -> None:
    """Delete an account: its sessions, tokens and rights end for good, and nobody signs in to it again.

    What it made stays, and its login is not given out again. `confirm` is the account's login.
    """
    found = find_account(account)
    if account == current().id:
        raise Conflict("delete your own account on your account's page, with your password")
    if query.confirm != found.login:
        raise Invalid({"confirm": f"type {found.login} to delete the account"})
    _delete(account, found.login)


@endpoint("GET", "/audit", right="owner", tag=TAG, files=("text/csv",))
def list_audit(query: AuditQuery) -> Page[AuditEntry]:
    """Every change by a person and the failed sign-ins, newest first; `format=csv` for a spreadsheet."""
    if query.format == "csv":
        return _audit_csv(query)
    return shapes.page(db.audit.page(**query.filters()), AuditEntry)


def _audit_csv(query: AuditQuery) -> Response:
    out = io.StringIO()
    writer = csv.writer(out)
    columns = ("at", "actor", "action", "object", "detail", "ip")
    writer.writerow(columns)
    for row in islice(db.audit.all(**query.filters()), MOST_ROWS):
        entry = shapes.answer(AuditEntry, row)
        writer.writerow([cell(getattr(entry, name)) for name in columns])
    return Response(out.getvalue(), content_type="text/csv; charset=utf-8",
                    headers={"Content-Disposition": 'attachment; filename="audit.csv"'})


def find_account(number: int) -> Account:
    """Raises NotFound."""
    return shapes.answer(Account, db.accounts.get(number))


def find_local(login: str) -> people.Account | None:
    """The account of that name on the local forge; names are compared without regard to case."""
    found_by = db.accounts.all(forge=PASSWORDS, q=login)
    return next((found for found in found_by if found.login.lower() == login.lower()), None)
