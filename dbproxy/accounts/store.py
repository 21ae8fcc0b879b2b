"""Accounts in Postgres."""

from __future__ import annotations

from typing import TypedDict

from common.wire import localforge
from common.wire.errors import Conflict, Forbidden, NotFound

from ..database import Transaction

# `forge_scopes`: what the person's token of their forge may; null where there is none.
ACCOUNT = ("id, forge, login, name, role, external_id, avatar_url, disabled, created, seen, deleted, "
           "password_hash IS NOT NULL AS has_password, "
           "(SELECT to_jsonb(scopes) FROM forge_tokens WHERE account = accounts.id) AS forge_scopes")


class AccountValues(TypedDict):
    forge: str
    login: str
    name: str
    role: str
    external_id: str | None
    avatar_url: str | None


class NewRow(AccountValues):
    password_hash: str | None


class AccountChanges(TypedDict, total=False):
    """`external_id`: "" unlinks the account."""

    name: str
    role: str
    disabled: bool
    external_id: str | None
    avatar_url: str
    password_hash: str


def get(transaction: Transaction, account: int) -> dict:
    """Raises NotFound, also for a deleted account."""
    row = transaction.one(f"SELECT {ACCOUNT} FROM accounts WHERE id = %s AND deleted IS NULL", (account,))
    if row is None:
        raise NotFound(f"account {account} is unknown")
    return row


def create(transaction: Transaction, values: AccountValues, password_hash: str | None) -> tuple[dict, bool]:
    """(account, was it new). One of another forge is brought up to date, since the forge says who it is; for a local
    login that is taken, raises Conflict."""
    row: NewRow = {**values, "password_hash": password_hash}
    if values["forge"] != localforge.NAME and values["external_id"]:
        _check_deleted(transaction, row)
        return _from_forge(transaction, row)
    new = transaction.one(
        "INSERT INTO accounts (forge, login, name, role, external_id, avatar_url, password_hash) VALUES (%(forge)s, "
        "%(login)s, %(name)s, %(role)s, %(external_id)s, %(avatar_url)s, %(password_hash)s) "
        f"ON CONFLICT (forge, lower(login)) DO NOTHING RETURNING {ACCOUNT}", row)
    if new:
        return new, True
    if values["forge"] == localforge.NAME:
        raise Conflict(f"the login {values['login']} is taken", error="taken")
    return transaction.one(
        "UPDATE accounts SET name = %(name)s, external_id = coalesce(%(external_id)s, external_id), seen = now(), "
        "avatar_url = coalesce(%(avatar_url)s, avatar_url) "
        f"WHERE forge = %(forge)s AND lower(login) = lower(%(login)s) RETURNING {ACCOUNT}", row), False


def _check_deleted(transaction: Transaction, row: NewRow) -> None:
    """Raises Forbidden for a person of another forge whose account was deleted: to sign in does not bring it back."""
    if transaction.value("SELECT 1 FROM accounts WHERE forge = %(forge)s AND external_id = %(external_id)s "
                         "AND deleted IS NOT NULL", row):
        raise Forbidden("your account here was deleted: ask an owner of this installation for an invitation",
                        error="deleted")


def _from_forge(transaction: Transaction, row: NewRow) -> tuple[dict, bool]:
    """The account of the forge's own number, whatever it is called there now. A login that was handed on to somebody
    else takes nothing with it: whoever had it keeps their account, under a name that no forge gives out."""
    transaction.do("LOCK TABLE accounts IN SHARE ROW EXCLUSIVE MODE")      # a sign-in; logins and numbers are unique
    transaction.do("UPDATE accounts SET login = login || '~' || id WHERE forge = %(forge)s AND "
                   "lower(login) = lower(%(login)s) AND external_id <> %(external_id)s", row)
    known = transaction.one(
        "UPDATE accounts SET login = %(login)s, name = %(name)s, external_id = %(external_id)s, seen = now(), "
        "avatar_url = coalesce(%(avatar_url)s, avatar_url) WHERE id = (SELECT id FROM accounts WHERE forge = %(forge)s "
        "AND (external_id = %(external_id)s OR external_id IS NULL AND lower(login) = lower(%(login)s)) "
        f"ORDER BY external_id NULLS LAST LIMIT 1) RETURNING {ACCOUNT}", row)
    if known:
        return known, False
    return transaction.one(
        "INSERT INTO accounts (forge, login, name, role, external_id, avatar_url, password_hash) VALUES (%(forge)s, "
        "%(login)s, %(name)s, %(role)s, %(external_id)s, %(avatar_url)s, %(password_hash)s) "
        f"RETURNING {ACCOUNT}", row), True


def change(transaction: Transaction, account: int, values: AccountChanges, keep_session: str | None = None,
           keep_tokens: bool = False) -> dict:
    """A new password or a disabling ends the account's sessions, but for `keep_session` (a hash); a new password ends
    its tokens, too, unless they are kept. The last owner can be neither disabled nor demoted (Conflict)."""
    lock_owners(transaction)
    before = get(transaction, account)
    if "external_id" in values:
        values = {**values, "external_id": _free(transaction, before["forge"], account, values["external_id"])}
    if values:
        settings = ", ".join(f"{name} = %({name})s" for name in values)
        transaction.do(f"UPDATE accounts SET {settings} WHERE id = %(id)s", {**values, "id": account})
    check_owners(transaction)
    if values.get("disabled") or "password_hash" in values:
        transaction.do("DELETE FROM sessions WHERE account = %s AND secret_hash IS DISTINCT FROM %s",
                       (account, keep_session))
    if "password_hash" in values and not keep_tokens:
        transaction.do("DELETE FROM tokens WHERE account = %s", (account,))
    return get(transaction, account)


def lock_owners(transaction: Transaction) -> None:
    """Of two that would take the last two owners away side by side, the second sees what the first did."""
    transaction.do("SELECT FROM accounts WHERE role = 'owner' ORDER BY id FOR NO KEY UPDATE")


def check_owners(transaction: Transaction) -> None:
    """Raises Conflict, which undoes the transaction, where it left no owner."""
    if not transaction.value("SELECT 1 FROM accounts WHERE role = 'owner' AND NOT disabled LIMIT 1"):
        raise Conflict("this is the last owner: make another one first", error="last_owner")


def _free(transaction: Transaction, forge: str, account: int, external_id: str) -> str | None:
    """The number to link the account with, `""` to unlink it; raises Conflict where another one has it. One that was
    deleted gives it up: an owner made a new account for the same person."""
    transaction.do("UPDATE accounts SET external_id = NULL WHERE forge = %s AND external_id = %s AND deleted IS NOT NULL",
                   (forge, external_id))
    if external_id and transaction.value("SELECT 1 FROM accounts WHERE forge = %s AND external_id = %s AND id <> %s",
                                         (forge, external_id, account)):
        raise Conflict("another account is linked with that one", error="linked")
    return external_id or None


def with_hash(transaction: Transaction, forge: str, login: str) -> tuple[dict | None, str | None]:
    """(account, its password's hash); (None, None) for an unknown login."""
    row = transaction.one(f"SELECT {ACCOUNT}, password_hash FROM accounts "
                          "WHERE forge = %s AND lower(login) = lower(%s) AND deleted IS NULL", (forge, login))
    if row is None:
        return None, None
    kept = row.pop("password_hash")
    return row, kept
