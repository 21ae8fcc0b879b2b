"""The end of an account: nothing opens it any more, and what it made stays.

The row stays with its name and its number at the forge, so that nobody else gets them: runs, approvals and audit
entries go on naming one person.
"""

from __future__ import annotations

from common.wire.errors import NotFound

from ..database import Transaction
from . import store

HELD = ("sessions", "tokens", "forge_tokens", "members")      # each with a column `account`


def delete(transaction: Transaction, account: int) -> None:
    """Raises NotFound, and Conflict for the last owner. Nothing is left to do for one that is deleted already."""
    store.lock_owners(transaction)
    row = transaction.one("SELECT forge, login, deleted FROM accounts WHERE id = %s FOR UPDATE", (account,))
    if row is None:
        raise NotFound(f"account {account} is unknown")
    if row["deleted"]:
        return
    transaction.do("UPDATE accounts SET deleted = now(), disabled = true, role = 'user', password_hash = NULL, "
                   "avatar_url = NULL WHERE id = %s", (account,))
    store.check_owners(transaction)
    for table in HELD:
        transaction.do(f"DELETE FROM {table} WHERE account = %s", (account,))
    transaction.do("DELETE FROM invitations WHERE by = %s AND used IS NULL", (row["login"],))
    transaction.do("DELETE FROM sign_in_attempts WHERE forge = %(forge)s AND login = lower(%(login)s)", row)


def logins(transaction: Transaction) -> list[str]:
    """Of deleted accounts, in lower case; without those that a living account has, too, at another forge."""
    return [row["login"] for row in transaction.all(
        "SELECT DISTINCT lower(login) AS login FROM accounts AS gone WHERE deleted IS NOT NULL AND NOT EXISTS "
        "(SELECT FROM accounts WHERE lower(login) = lower(gone.login) AND deleted IS NULL)")]
