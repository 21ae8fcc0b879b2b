"""Reports in Postgres: written within the transaction of a change, claimed, ended, counted and forgotten."""

from __future__ import annotations

from dataclasses import asdict

from psycopg2.extras import Json

from ..database import REPORTS_CHANNEL, Transaction
from ..queues import Queue, Released
from ..states import NOT_OVER
from .rules import Report, Run, RunKey, ended

KEPT_DAYS = 30
QUEUE = Queue("reports", "report", "repo, line", 0x7265706F)

# `tried`: an attempt, also of a report that this one replaced, may have reached the forge though nobody knows.
CLAIMED = """reports.id, reports.repo, reports.run, reports.channel, reports.about, reports.attempts, reports.created,
    now() AS now, repos.forge, runs.commit, runs.ref, runs.event, runs.kind,
    (SELECT known FROM reports before WHERE (before.repo, before.place) = (reports.repo, reports.place)
        AND before.known IS NOT NULL ORDER BY before.id DESC LIMIT 1) AS known,
    reports.attempts > 1 OR EXISTS (SELECT FROM reports before WHERE (before.repo, before.place) =
        (reports.repo, reports.place) AND before.id < reports.id AND before.attempts > 0) AS tried"""


class Sent(Released):
    known: str | None


def add(transaction: Transaction, run: RunKey, reports: list[Report]) -> None:
    """For a repository that is at a forge, which gave it a number; a folder has nobody to tell.

    The lock makes the order of the ids the order of the commits, so that no report is claimed before an earlier one of
    its line is visible. Callers take it last: nothing that another holder may have is waited for afterwards.
    """
    if not reports or not transaction.value("SELECT external_id IS NOT NULL FROM repos WHERE id = %s", (run["repo"],)):
        return
    transaction.do("SELECT pg_advisory_xact_lock(hashtextextended('reports of ' || %s, 0))", (run["repo"],))
    for report in reports:
        _add(transaction, run, report)
    transaction.wake(REPORTS_CHANNEL)


def _add(transaction: Transaction, run: RunKey, report: Report) -> None:
    """What an older run of the same commit says after a newer one has spoken is no news."""
    number = transaction.value(
        "INSERT INTO reports (repo, run, channel, line, place, about, not_before) "
        "SELECT %(repo)s, %(run)s, %(channel)s, %(line)s, %(place)s, %(about)s, "
        "    CASE WHEN %(delay)s > 0 THEN now() + make_interval(secs => %(delay)s) END "
        "WHERE NOT EXISTS (SELECT FROM reports WHERE repo = %(repo)s AND place = %(place)s AND run > %(run)s) RETURNING id",
        {**asdict(report), "repo": run["repo"], "run": run["id"],
         "about": Json({"stage": report.stage, "state": report.state, "reason": report.reason})})
    if number is not None:
        _replace(transaction, run["repo"], report.place, number)


def _replace(transaction: Transaction, repo: int, place: str, number: int) -> None:
    transaction.do("UPDATE reports SET state = 'done', outcome = %s, ended = now(), not_before = NULL "
                   "WHERE repo = %s AND place = %s AND state = 'queued' AND id < %s",
                   (f"replaced by report {number}", repo, place, number))


def add_end(transaction: Transaction, run: Run) -> None:
    """The reports of a run that is over."""
    stages = transaction.all(f"SELECT DISTINCT stage FROM jobs WHERE run = %s AND state IN {NOT_OVER} "
                             "ORDER BY stage", (run["id"],))
    deployed = transaction.value(
        "SELECT EXISTS (SELECT FROM deployments WHERE run = %(id)s) OR EXISTS (SELECT FROM reports WHERE "
        "repo = %(repo)s AND place = 'deployment ' || %(id)s)", run)
    add(transaction, run, ended(run, [row["stage"] for row in stages], deployed))


def claim(transaction: Transaction, owner: str, limit: int) -> list[dict]:
    """Those that `owner` has from now on, with `now`, the database's time of the claim."""
    numbers = QUEUE.claim(transaction, owner, limit)
    return transaction.all(f"SELECT {CLAIMED} FROM reports JOIN repos ON repos.id = reports.repo JOIN runs ON "
                           "runs.id = reports.run WHERE reports.id = ANY(%s::bigint[]) ORDER BY reports.id",
                           (numbers,)) if numbers else []


def change(transaction: Transaction, report: int, wanted: Sent) -> dict:
    """By the one that has it; `queued` gives it back for `wait` seconds, unless a newer one took its place meanwhile."""
    row = QUEUE.held(transaction, report, wanted)
    if row is not None:
        QUEUE.release(transaction, report, wanted)
        transaction.do("UPDATE reports SET known = coalesce(%s, known) WHERE id = %s", (wanted["known"], report))
        newer = transaction.value("SELECT max(id) FROM reports WHERE repo = %s AND place = %s AND id > %s",
                                  (row["repo"], row["place"], report))
        if newer:
            _replace(transaction, row["repo"], row["place"], newer)
        transaction.wake(REPORTS_CHANNEL)
    return transaction.one("SELECT id, state, outcome, attempts FROM reports WHERE id = %s", (report,))


def summary(transaction: Transaction) -> list[dict]:
    """Each forge for which reports wait after an attempt in vain, or failed within a day."""
    return transaction.all(
        "WITH found AS (SELECT repos.forge, reports.*, reports.state IN ('queued', 'working') AS open, "
        "    reports.state = 'queued' AND attempts > 0 AS waits FROM reports JOIN repos ON repos.id = reports.repo "
        "    WHERE reports.state IN ('queued', 'working') "
        "        OR reports.state = 'failed' AND ended > now() - interval '1 day') "
        "SELECT forge, count(*) FILTER (WHERE open) AS waiting, min(created) FILTER (WHERE open) AS since, "
        "    (array_agg(outcome ORDER BY id) FILTER (WHERE waits))[1] AS reason, "
        "    count(*) FILTER (WHERE state = 'failed') AS failed, "
        "    (array_agg(outcome ORDER BY id DESC) FILTER (WHERE state = 'failed'))[1] AS failure "
        "FROM found GROUP BY forge HAVING bool_or(waits) OR bool_or(state = 'failed') ORDER BY forge")


def prune(transaction: Transaction) -> int:
    return transaction.do("DELETE FROM reports WHERE ended < now() - make_interval(days => %s)", (KEPT_DAYS,))
