"""Who may do what in a repo of the local forge."""

from __future__ import annotations

from typing import Literal

from flask import Blueprint

from common.api.base import Page
from common.api.repos import Member, Membership
from common.service.web import body_as
from common.wire.errors import NotFound

from ..access import callers
from ..accounts import store as accounts
from ..answers import answers
from ..bodies import Body
from ..database import Transaction, transactional
from ..paging import whole
from . import store

bp = Blueprint("members", __name__)

MEMBERS = 'SELECT account, accounts.forge, login, name, "right", at FROM members JOIN accounts ON accounts.id = account'


class Right(Body):
    right: Literal["read", "write", "admin"]


@bp.get("/v1/repos/<int:repo>/members")
@callers("dashboard")
@answers(Page[Member])
@transactional
def index(transaction: Transaction, repo: int):
    """By login, not in pages."""
    store.get(transaction, repo)
    return whole(transaction.all(f"{MEMBERS} WHERE repo = %s ORDER BY lower(login)", (repo,)))


@bp.get("/v1/repos/<int:repo>/members/<int:account>")
@callers("dashboard", "orchestrator")
@answers(Member)
@transactional
def show(transaction: Transaction, repo: int, account: int):
    """404 for who is no member."""
    row = transaction.one(f"{MEMBERS} WHERE repo = %s AND account = %s", (repo, account))
    if row is None:
        raise NotFound(f"account {account} is no member of repo {repo}")
    return row


@bp.put("/v1/repos/<int:repo>/members/<int:account>")
@callers("dashboard")
@answers(Member)
@body_as(Right)
@transactional
def put(transaction: Transaction, repo: int, account: int, body: Right):
    """One right for each account."""
    store.get(transaction, repo)
    accounts.get(transaction, account)
    transaction.do('INSERT INTO members (repo, account, "right") VALUES (%s, %s, %s) '
                   'ON CONFLICT (repo, account) DO UPDATE SET "right" = excluded."right", at = now()',
                   (repo, account, body.right))
    transaction.emit("repo.updated", repo=repo)
    return transaction.one(f"{MEMBERS} WHERE repo = %s AND account = %s", (repo, account))


@bp.delete("/v1/repos/<int:repo>/members/<int:account>")
@callers("dashboard")
@transactional
def remove(transaction: Transaction, repo: int, account: int):
    """204, repeatable."""
    transaction.do("DELETE FROM members WHERE repo = %s AND account = %s", (repo, account))
    transaction.emit("repo.updated", repo=repo)
    return "", 204


@bp.get("/v1/accounts/<int:account>/repos")
@callers("dashboard")
@answers(Page[Membership])
@transactional
def of_account(transaction: Transaction, account: int):
    """The repositories of which the account is a member."""
    return whole(transaction.all('SELECT repo, "right" FROM members WHERE account = %s ORDER BY repo', (account,)))
