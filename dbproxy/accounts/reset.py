"""`python -m dbproxy.accounts.reset [--keep-tokens] LOGIN < password`: a new password from the machine itself, for whoever forgot it.

Whoever may start programs in this container may do anything, so nothing else is asked. All sessions of the account
end, and all its tokens, unless `--keep-tokens` comes before LOGIN.
"""

from __future__ import annotations

import os
import sys

from common.wire import localforge
from common.wire.errors import BadRequest, NotFound

from ..database import Transaction
from ..pool import connect
from . import passwords, store

KEEP_TOKENS = "--keep-tokens"


def main() -> int:
    login, password = sys.argv[-1], sys.stdin.read().removesuffix("\n")
    keep_tokens = KEEP_TOKENS in sys.argv[1:-1]
    try:
        kept = passwords.chosen(password, login)
        with connect(os.environ["DATABASE_URL"]) as connection:
            account = reset(Transaction(connection), login, kept, keep_tokens)
    except BadRequest as problem:
        return _say(problem.detail, 2)
    except NotFound as problem:
        return _say(problem.detail, 1)
    ended = "every session" if keep_tokens else "every session and token"
    return _say(f"{account['login']} signs in with the new password; {ended} of theirs has ended", 0)


def reset(transaction: Transaction, login: str, password_hash: str, keep_tokens: bool) -> dict:
    """Raises NotFound; also forgets wrong tries, so that the new password is heard at once."""
    account, _ = store.with_hash(transaction, localforge.NAME, login)
    if account is None:
        raise NotFound(f"there is no account {login!r}")
    transaction.do("DELETE FROM sign_in_attempts WHERE forge = %s AND lower(login) = lower(%s)",
                   (localforge.NAME, login))
    transaction.do("INSERT INTO audit (actor, action, object, detail) VALUES ('command line', 'account.reset', %s, "
                   "'{}')", (f"account {account['login']}",))
    return store.change(transaction, account["id"], {"password_hash": password_hash}, None, keep_tokens)


def _say(sentence: str, code: int) -> int:
    print(sentence, file=sys.stderr if code else sys.stdout)
    return code


if __name__ == "__main__":
    sys.exit(main())
