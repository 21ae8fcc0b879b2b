"""`python -m dbproxy.accounts.reset LOGIN < password`: a new password from the machine itself, for whoever forgot it.

Whoever may start programs in this container may do anything, so nothing else is asked. All sessions of the account end.
"""

from __future__ import annotations

import os
import sys

from common.errors import NotFound

from ..database import Transaction
from ..pool import connect
from . import passwords, store

SHORTEST = 12


def main() -> int:
    login, password = sys.argv[1], sys.stdin.read().removesuffix("\n")
    if len(password) < SHORTEST:
        return _say(f"the password needs {SHORTEST} letters or more", 2)
    kept = passwords.hash_password(password)
    with connect(os.environ["DATABASE_URL"]) as connection:
        try:
            account = reset(Transaction(connection), login, kept)
        except NotFound as problem:
            return _say(problem.detail, 1)
    return _say(f"{account['login']} signs in with the new password; every session of theirs has ended", 0)


def reset(transaction: Transaction, login: str, password_hash: str) -> dict:
    """Raises NotFound; also forgets wrong tries, so that the new password is heard at once."""
    account, _ = store.with_hash(transaction, "local", login)
    if account is None:
        raise NotFound(f"there is no account {login!r}")
    transaction.do("DELETE FROM sign_in_attempts WHERE forge = 'local' AND lower(login) = lower(%s)", (login,))
    transaction.do("INSERT INTO audit (actor, action, object, detail) VALUES ('command line', 'account.reset', %s, "
                   "'{}')", (f"account {account['login']}",))
    return store.change(transaction, account["id"], {"password_hash": password_hash})


def _say(sentence: str, code: int) -> int:
    print(sentence, file=sys.stderr if code else sys.stdout)
    return code


if __name__ == "__main__":
    sys.exit(main())
