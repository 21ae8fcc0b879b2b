"""Counts of a repo's runs over the last days."""

from __future__ import annotations

from common.wire.stages import RUN_ENDS

from ..database import Transaction
from ..states import NOT_OVER
from . import store


def of_repo(transaction: Transaction, repo: int, days: int) -> dict:
    """Totals, what waits or runs now, and each day (UTC) with its counts and median seconds; raises NotFound.

    The bound on the day says nothing new, but lets Postgres read these days alone, from the index runs_of_repo_day."""
    store.get(transaction, repo)
    counts = ", ".join(f"count(runs.day) FILTER (WHERE runs.state = '{state}') AS {state}" for state in RUN_ENDS)
    rows = transaction.all(
        f"SELECT days.day::date AS day, {counts}, "
        "percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM runs.ended - runs.started)) "
        "    FILTER (WHERE runs.state = 'success') AS median_seconds "
        "FROM generate_series((now() AT TIME ZONE 'utc')::date - %s + 1, (now() AT TIME ZONE 'utc')::date, "
        "    interval '1 day') AS days (day) "
        "LEFT JOIN runs ON runs.repo = %s AND runs.day = days.day::date "
        "    AND runs.day > (now() AT TIME ZONE 'utc')::date - %s GROUP BY 1 ORDER BY 1", (days, repo, days))
    waiting = transaction.value(f"SELECT count(*) FROM runs WHERE repo = %s AND state IN {NOT_OVER}", (repo,))
    return {**{state: sum(row[state] for row in rows) for state in RUN_ENDS}, "waiting": waiting, "days": rows}
