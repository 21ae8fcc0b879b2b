"""Wrong passwords slow down: those of one login from one address, and those of one address whatever the login (one
password tried on many accounts). Kept in the database, so that a restart forgives nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass

from common.wire.addresses import network

from ..database import Transaction

Key = tuple[str, str, str]      # forge, login, address; without forge and login it is an address as such


@dataclass(frozen=True)
class Rule:
    free: int           # wrong passwords before the first wait
    longest: int        # seconds of the longest wait
    forgotten: int      # seconds after which the count begins anew


# People behind one address share its second count, so its waits are short: they slow a program down, not an office.
LOGIN = Rule(free=5, longest=900, forgotten=86400)
ADDRESS = Rule(free=30, longest=60, forgotten=900)


def count(transaction: Transaction, who: Key) -> int:
    """Count one try of (forge, login, address). 0, or the seconds that it has to wait without being counted."""
    login, address = _keys(who)
    return _left(transaction, address) or _count(transaction, login, LOGIN) or _count(transaction, address, ADDRESS)


def forget(transaction: Transaction, who: Key, account: int) -> None:
    """After the right password. The address keeps its other wrong tries: else a spraying program would sign in to an
    account of its own now and then."""
    login, address = _keys(who)
    transaction.do("DELETE FROM sign_in_attempts WHERE forge = %s AND login = %s AND ip = %s", login)
    transaction.do("UPDATE sign_in_attempts SET failures = greatest(failures - 1, 0), blocked_until = now() - interval "
                   "'1 s' WHERE forge = %s AND login = %s AND ip = %s", address)
    transaction.do("UPDATE accounts SET seen = now() WHERE id = %s", (account,))


def prune(transaction: Transaction) -> int:
    return transaction.do("DELETE FROM sign_in_attempts WHERE blocked_until < now() - make_interval(secs => %s)",
                          (LOGIN.forgotten,))


def _keys(who: Key) -> tuple[Key, Key]:
    forge, login, ip = who
    return (forge, login, network(ip)), ("", "", network(ip))


def _count(transaction: Transaction, key: Key, rule: Rule) -> int:
    """One statement, so that tries side by side are counted one by one."""
    row = transaction.one(
        "INSERT INTO sign_in_attempts AS known (forge, login, ip, failures, blocked_until) "
        "VALUES (%s, %s, %s, 1, now() - interval '1 s') ON CONFLICT (forge, login, ip) DO UPDATE SET "
        "failures = CASE WHEN known.blocked_until < now() - make_interval(secs => %s) THEN 1 "
        "    ELSE known.failures + 1 END, "
        "blocked_until = now() + make_interval(secs => CASE WHEN known.failures < %s THEN -1 "
        "    ELSE least(%s, power(2, least(known.failures - %s, 12))) END) "
        "WHERE known.blocked_until <= now() RETURNING failures",
        (*key, rule.forgotten, rule.free - 1, rule.longest, rule.free - 1))
    return 0 if row else max(1, _left(transaction, key))


def _left(transaction: Transaction, key: Key) -> int:
    """Whole seconds of a wait that is not over, else 0."""
    left = transaction.value("SELECT extract(epoch FROM blocked_until - now())::float8 FROM sign_in_attempts "
                             "WHERE forge = %s AND login = %s AND ip = %s", key)
    return math.ceil(left) if left and left > 0 else 0
