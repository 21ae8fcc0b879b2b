"""Rows that wait for work: each is claimed with a lease, one at a time of a line, in the order in which they came.

    queued --claim--> working --> done | failed
      ^                  |
      `---- not now -----'

An owner that dies loses its row when the lease ends, on the database's clock. `attempts` rises with each claim, so it
tells the claims of one owner apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict

from common.wire.errors import Conflict, NotFound

from .bells import Bell, wait_for
from .bodies import Claim
from .database import Transaction, database

LEASE_SECONDS = 120
REST = 0.1      # seconds between two looks of one caller: most rings are about rows of a line that has an owner already


class Released(TypedDict, total=False):
    """How a claim ends; `wait`: seconds, with `queued`; `attempt`: of the claim, where the caller names it."""

    owner: str
    state: str
    outcome: str
    wait: float
    attempt: int


@dataclass(frozen=True)
class Queue:
    """`table` has the columns id, state, outcome, owner, attempts, lease_until, not_before and ended."""

    table: str
    noun: str        # what one row is called in errors
    line: str        # the columns whose values a line has in common, as SQL
    lock: int        # advisory lock of those who claim

    def claim(self, transaction: Transaction, owner: str, limit: int) -> list[int]:
        """Ids of the rows that `owner` has from now on, the oldest first."""
        transaction.do("SELECT pg_advisory_xact_lock(%s)", (self.lock,))
        rows = transaction.all(
            f"WITH free AS MATERIALIZED ({self._free()}) UPDATE {self.table} SET state = 'working', owner = %s, "
            f"attempts = attempts + 1, lease_until = now() + make_interval(secs => {LEASE_SECONDS}), not_before = NULL "
            f"FROM free WHERE {self.table}.id = free.id RETURNING {self.table}.id", (limit, owner))
        return sorted(row["id"] for row in rows)

    def next_due(self, transaction: Transaction) -> float | None:
        """Seconds until a lease ends or a waiting row is due; None where there is neither."""
        seconds = transaction.value(
            f"SELECT extract(epoch FROM min(coalesce(lease_until, not_before)) - now())::float8 FROM {self.table} "
            "WHERE state IN ('queued', 'working') AND coalesce(lease_until, not_before) > now()")
        return None if seconds is None else max(0.01, seconds)

    def held(self, transaction: Transaction, number: int, wanted: Released) -> dict | None:
        """The row, locked, for its owner; None where it is as `wanted` already, so that a repeated call does no harm.

        Raises NotFound, or Conflict `old_owner`.
        """
        row = transaction.one(f"SELECT * FROM {self.table} WHERE id = %s FOR UPDATE", (number,))
        if row is None:
            raise NotFound(f"{self.noun} {number} is unknown")
        current = wanted.get("attempt") in (None, row["attempts"]) and row["owner"] == wanted["owner"]
        if current and (row["state"], row["outcome"]) == (wanted["state"], wanted["outcome"]):
            return None
        if row["state"] != "working" or not current:
            raise Conflict(f"{self.noun} {number} is {row['state']}, of {row['owner'] or 'nobody'} in attempt "
                           f"{row['attempts']}", error="old_owner")
        return row

    def release(self, transaction: Transaction, number: int, wanted: Released) -> None:
        """End the claim: done, failed, or queued again for `wait` seconds."""
        transaction.do(
            f"UPDATE {self.table} SET state = %(state)s, outcome = %(outcome)s, lease_until = NULL, "
            "ended = CASE WHEN %(state)s IN ('done', 'failed') THEN now() END, "
            "not_before = CASE WHEN %(state)s = 'queued' THEN now() + make_interval(secs => %(wait)s) END "
            "WHERE id = %(id)s", {**wanted, "id": number})

    def _free(self) -> str:
        """The first open row of each line, unless it waits or has a living owner."""
        return (f"SELECT id FROM {self.table} WHERE id IN (SELECT DISTINCT ON ({self.line}) id FROM {self.table} "
                f"WHERE state IN ('queued', 'working') ORDER BY {self.line}, state = 'working' DESC, id) "
                "AND (state = 'queued' AND coalesce(not_before <= now(), true) OR state = 'working' AND lease_until < now()) "
                "ORDER BY id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED")


def claim_rows(queue: Queue, claim: Callable[[Transaction, str, int], list[dict]], bell: Bell, body: Claim) -> dict[str, list[dict]]:
    """Return `{items}`: the rows that `claim` gives to the caller, after a wait for `bell` while there are none."""
    def look():
        items = database().run(claim, body.owner, body.limit)
        return items, None if items else database().run(queue.next_due)

    return {"items": wait_for(bell, look, body.wait, REST)}
