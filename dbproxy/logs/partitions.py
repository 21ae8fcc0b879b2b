"""Daily partitions of the log, made ahead; a day past its retention is one DROP."""

from __future__ import annotations

import logging
from datetime import date, timedelta

from ..database import Transaction

log = logging.getLogger(__name__)

DAYS_AHEAD = 3
LOCK = 0x70617274      # advisory lock of those who change partitions
PREFIX = "log_messages_"


def make_partitions(transaction: Transaction) -> None:
    """A partition for today and the days after it; a day that the default partition has rows of stays there."""
    _begin(transaction)
    today = transaction.value("SELECT (now() AT TIME ZONE 'utc')::date")
    for ahead in range(DAYS_AHEAD + 1):
        _make(transaction, today + timedelta(days=ahead))


def drop_old(transaction: Transaction, retention_days: int) -> list[str]:
    """Names of the partitions that were dropped: of days whose runs all ended before the retention began."""
    _begin(transaction)
    dropped = [name for name, day in _partitions(transaction) if _is_past(transaction, day, retention_days)]
    for name in dropped:
        transaction.do(f'DROP TABLE "{name}"')
        log.info("dropped log partition %s, older than %d days", name, retention_days)
    transaction.do("DELETE FROM log_messages_default WHERE at_first < "
                   "(extract(epoch FROM now()) - %s * 86400.0) * 1000", (retention_days,))
    return dropped


def _begin(transaction: Transaction) -> None:
    """Both need the table for themselves: not behind somebody's long query, with all writers waiting behind us."""
    transaction.do("SET LOCAL lock_timeout = '2s'")
    transaction.do("SELECT pg_advisory_xact_lock(%s)", (LOCK,))


def _make(transaction: Transaction, day: date) -> None:
    name = f"{PREFIX}{day:%Y%m%d}"
    if transaction.value("SELECT to_regclass(%s)", (name,)) is not None:
        return
    if transaction.value("SELECT 1 FROM log_messages_default WHERE day = %s LIMIT 1", (day,)):
        return
    transaction.do(f'CREATE TABLE "{name}" PARTITION OF log_messages FOR VALUES FROM (%s) TO (%s)',
                   (day, day + timedelta(days=1)))


def _partitions(transaction: Transaction) -> list[tuple[str, date]]:
    rows = transaction.all("SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
                           "WHERE i.inhparent = 'log_messages'::regclass AND c.relname ~ '_[0-9]{8}$' ORDER BY 1")
    return [(row["name"], date.fromisoformat(f"{row['name'][-8:-4]}-{row['name'][-4:-2]}-{row['name'][-2:]}"))
            for row in rows]


def _is_past(transaction: Transaction, day: date, retention_days: int) -> bool:
    return transaction.value(
        "SELECT %s < (now() AT TIME ZONE 'utc')::date - %s AND NOT EXISTS (SELECT FROM runs "
        "WHERE day = %s AND (ended IS NULL OR ended > now() - make_interval(days => %s)))",
        (day, retention_days, day, retention_days))
