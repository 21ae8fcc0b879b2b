"""Wrong passwords slow down, per login and address; kept in the database, so that a restart forgives nothing."""

from __future__ import annotations

import math

from ..database import Transaction

FREE = 5               # wrong passwords before the first wait
LONGEST = 900          # seconds
FORGOTTEN = 86400      # seconds after which the count begins anew


def count(transaction: Transaction, who: tuple[str, str, str]) -> int:
    """Count one try of (forge, login, address). 0, or the seconds that it has to wait without being counted."""
    row = transaction.one(
        "INSERT INTO sign_in_attempts AS known (forge, login, ip, failures, blocked_until) "
        "VALUES (%s, %s, %s, 1, now() - interval '1 s') ON CONFLICT (forge, login, ip) DO UPDATE SET "
        "failures = CASE WHEN known.blocked_until < now() - make_interval(secs => %s) THEN 1 "
        "    ELSE known.failures + 1 END, "
        "blocked_until = now() + make_interval(secs => CASE WHEN known.failures < %s THEN -1 "
        "    ELSE least(%s, power(2, least(known.failures - %s, 12))) END) "
        "WHERE known.blocked_until <= now() RETURNING failures", (*who, FORGOTTEN, FREE - 1, LONGEST, FREE - 1))
    if row:
        return 0
    left = transaction.value("SELECT extract(epoch FROM blocked_until - now())::float8 FROM sign_in_attempts "
                             "WHERE forge = %s AND login = %s AND ip = %s", who)
    return max(1, math.ceil(left or 0))


def forget(transaction: Transaction, who: tuple[str, str, str], account: int) -> None:
    """After the right password."""
    transaction.do("DELETE FROM sign_in_attempts WHERE forge = %s AND login = %s AND ip = %s", who)
    transaction.do("UPDATE accounts SET seen = now() WHERE id = %s", (account,))


def prune(transaction: Transaction) -> int:
    return transaction.do("DELETE FROM sign_in_attempts WHERE blocked_until < now() - make_interval(secs => %s)",
                          (FORGOTTEN,))
