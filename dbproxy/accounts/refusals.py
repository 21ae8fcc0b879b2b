"""Failed sign-ins in the audit log: so many an hour, that nobody fills the log, or hides in it what others did."""

from __future__ import annotations

from psycopg2.extras import Json

from common.wire.addresses import network

from ..database import Transaction

ACTION = "sign.refused"
AN_ADDRESS, IN_ALL = 20, 500      # entries an hour
KEPT_DAYS = 90
LOCK = 0x7265667573               # advisory lock of those who write one

NO_MORE = {AN_ADDRESS: "further ones from this address are not listed for an hour",
           IN_ALL: "further ones are not listed for an hour"}


def note(transaction: Transaction, login: str, why: str, ip: str) -> None:
    """Write that `login` was refused because of `why`; the last one of its hour says that more are not listed.

    `login` must be an account's: what people type where none is found may be their password.
    """
    transaction.do("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
    recent = transaction.all("SELECT ip FROM (SELECT at, ip FROM audit WHERE action = %s ORDER BY id DESC LIMIT %s) "
                             "AS newest WHERE at > now() - interval '1 hour'", (ACTION, IN_ALL))
    same = sum(network(row["ip"] or "") == network(ip) for row in recent)
    if same >= AN_ADDRESS or len(recent) >= IN_ALL:
        return
    last = NO_MORE[IN_ALL] if len(recent) == IN_ALL - 1 else NO_MORE[AN_ADDRESS] if same == AN_ADDRESS - 1 else None
    transaction.do("INSERT INTO audit (actor, action, object, detail, ip) VALUES (%s, %s, %s, %s, %s)",
                   (login, ACTION, f"account {login}", Json("; ".join(filter(None, (why, last)))), ip))


def prune(transaction: Transaction) -> int:
    return transaction.do("DELETE FROM audit WHERE action = %s AND at < now() - make_interval(days => %s)",
                          (ACTION, KEPT_DAYS))
