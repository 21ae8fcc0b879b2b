"""Who owns a run: a lease of 30 s on the database's clock, and a fence that rises with each claim.

A claim says who cares for the run, and nothing of its state: a run is running while a job of it runs (jobs.py), and a
run whose jobs wait for a free slot is pending. Until the run is over it has a lease, which may have expired; so of a
repo's runs the one with a lease is the one under way.
"""

from __future__ import annotations

from common.wire.errors import Conflict, NotFound
from common.wire.reasons import reason

from ..database import Transaction
from ..states import NOT_OVER
from . import store

LEASE_SECONDS = 30
LOCK = 0x636C6169      # advisory lock of those who claim

# Not over and without an owner that is alive; of each repo only the oldest, and only while no other is under way.
_FREE = f"""
    SELECT id FROM runs WHERE id IN (
        SELECT DISTINCT ON (repo) id FROM runs WHERE state IN {NOT_OVER}
        ORDER BY repo, lease_until IS NOT NULL DESC, id)
    AND (lease_until IS NULL OR lease_until <= now())
    ORDER BY id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED"""


def claim(transaction: Transaction, owner: str, limit: int) -> list[dict]:
    """The runs that `owner` has from now on, each with a raised fence. Claims follow one another (the lock), so that
    two of them cannot see two runs of one repo as free."""
    transaction.do("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
    begins = reason("starting")
    rows = transaction.all(
        f"WITH free AS MATERIALIZED ({_FREE}) UPDATE runs SET owner = %s, fence = fence + 1, "
        "reason = CASE WHEN state = 'pending' THEN %s ELSE reason END, "
        "code = CASE WHEN state = 'pending' THEN %s ELSE code END, "
        "params = CASE WHEN state = 'pending' THEN '{}' ELSE params END, "
        f"lease_until = now() + make_interval(secs => {LEASE_SECONDS}) FROM free WHERE runs.id = free.id "
        "RETURNING runs.id, repo", (limit, owner, begins.text, begins.code))
    for row in rows:
        transaction.emit("run.updated", repo=row["repo"], run=row["id"])
    return [store.get(transaction, row["id"]) for row in sorted(rows, key=lambda row: row["id"])]


def next_expiry(transaction: Transaction) -> float | None:
    """Seconds until the first lease expires; None where no run is under way."""
    seconds = transaction.value("SELECT extract(epoch FROM min(lease_until) - now())::float8 FROM runs "
                                f"WHERE state IN {NOT_OVER} AND lease_until > now()")
    return None if seconds is None else max(0.01, seconds)


def renew(transaction: Transaction, run: int, owner: str, fence: int) -> dict:
    """`{cancel_requested, fence, lease_until}`; raises Conflict `old_fence` once somebody else has the run."""
    row = transaction.one(
        f"UPDATE runs SET lease_until = now() + make_interval(secs => {LEASE_SECONDS}) "
        f"WHERE id = %s AND fence = %s AND owner = %s AND state IN {NOT_OVER} "
        "RETURNING cancel_requested, fence, lease_until", (run, fence, owner))
    if row is None:
        known = transaction.one("SELECT state, fence, owner FROM runs WHERE id = %s", (run,))
        if known is None:
            raise NotFound(f"run {run} is unknown")
        raise Conflict(f"run {run} is {known['state']}, with fence {known['fence']} of {known['owner'] or 'nobody'}",
                       error="old_fence")
    return row
