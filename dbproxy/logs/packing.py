"""Rows of a job that is over become larger ones, about 2,000 lines each: less to store and to read.

Each transaction takes out some rows and puts the same lines in, so a reader sees the old ones or the new ones.
Writers are kept out meanwhile (they share the lock that packing has alone): otherwise a message sent again could
slip in between, where neither its old row nor the new one stops it.
"""

from __future__ import annotations

import logging
from datetime import date
from typing import TypedDict

from ..database import Database, Transaction
from .reader import GIVEN_UP_SECONDS
from .writer import LOCK

log = logging.getLogger(__name__)

LINES_A_ROW = 2000
LINES_AT_ONCE = 20_000      # of one transaction, so that writers wait for some 100 ms at most
SETTLED_SECONDS = 30        # after the job's end: until then its lines may be read by many
JOBS_AT_ONCE = 50

_READY = """
    SELECT jobs.run, jobs.stage, jobs.attempt, runs.day FROM jobs JOIN runs ON runs.id = jobs.run
    CROSS JOIN LATERAL (SELECT coalesce(sum(last_seq - first_seq + 1), 0) AS stored FROM log_messages m
        WHERE m.day = runs.day AND m.run = jobs.run AND m.stage = jobs.stage AND m.attempt = jobs.attempt) AS lines
    WHERE jobs.over < now() - make_interval(secs => %s) AND NOT jobs.packed
    AND (lines.stored >= jobs.lines OR jobs.over < now() - make_interval(secs => %s))
    ORDER BY jobs.over LIMIT %s"""

# Lines with a gap between them (their island differs) never share a row: a late message still finds its place.
_PACK = """
    WITH taken AS (
        DELETE FROM log_messages WHERE day = %(day)s AND run = %(run)s AND stage = %(stage)s AND attempt = %(attempt)s
        AND first_seq >= %(first)s AND first_seq < %(first)s + %(at_once)s RETURNING *),
    one AS (
        SELECT t.first_seq + l.number - 1 AS seq, t.at_first + coalesce(l.after, 0) AS at,
               coalesce(l.step, 0::smallint) AS step, l.line,
               coalesce((l.number - 1)::integer = ANY (t.parts), false) AS part
        FROM taken t CROSS JOIN LATERAL unnest(t.lines, t.offsets, t.steps) WITH ORDINALITY
             AS l (line, after, step, number)),
    placed AS (
        SELECT *, seq - row_number() OVER (ORDER BY seq) AS island, (seq - %(first)s) / %(a_row)s AS bucket FROM one),
    based AS (
        SELECT *, first_value(at) OVER rows AS at_first, first_value(seq) OVER rows AS first_seq FROM placed
        WINDOW rows AS (PARTITION BY island, bucket ORDER BY seq)),
    written AS (
        INSERT INTO log_messages (day, run, stage, attempt, first_seq, last_seq, at_first, offsets, steps, lines, parts)
        SELECT %(day)s, %(run)s, %(stage)s, %(attempt)s, first_seq, max(seq), at_first,
               CASE WHEN bool_or(at <> at_first) THEN array_agg((at - at_first)::integer ORDER BY seq) END,
               CASE WHEN bool_or(step <> 0) THEN array_agg(step ORDER BY seq) END,
               array_agg(line ORDER BY seq), array_agg((seq - first_seq)::integer ORDER BY seq) FILTER (WHERE part)
        FROM based GROUP BY first_seq, at_first RETURNING last_seq)
    SELECT max(last_seq) FROM written"""


def pack_ready(database: Database) -> int:
    """Pack the jobs that are over and stored as a whole; how many."""
    jobs = database.run(lambda transaction: transaction.all(_READY, (SETTLED_SECONDS, GIVEN_UP_SECONDS, JOBS_AT_ONCE)))
    for job in jobs:
        _pack_job(database, job)
    return len(jobs)


class JobKey(TypedDict):
    day: date
    run: int
    stage: str
    attempt: int


def _pack_job(database: Database, job: JobKey) -> None:
    first = database.run(_first_after, job, 0)
    while first is not None:
        last = database.run(pack, job, first)
        first = None if last is None else database.run(_first_after, job, last)
    database.run(lambda transaction: transaction.do(
        "UPDATE jobs SET packed = true WHERE run = %(run)s AND stage = %(stage)s AND attempt = %(attempt)s", job))


def pack(transaction: Transaction, job: JobKey, first: int) -> int | None:
    """Pack the rows from line `first` on, some 20,000 lines; the last line's number, None where there were none."""
    transaction.do("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
    return transaction.value(_PACK, {**job, "first": first, "at_once": LINES_AT_ONCE, "a_row": LINES_A_ROW})


def _first_after(transaction: Transaction, job: JobKey, last: int) -> int | None:
    return transaction.value("SELECT min(first_seq) FROM log_messages WHERE day = %(day)s AND run = %(run)s AND "
                             "stage = %(stage)s AND attempt = %(attempt)s AND first_seq > %(last)s",
                             {**job, "last": last})
