"""Stored lines in order, without a gap: what is not there yet ends the answer."""

from __future__ import annotations

from typing import NamedTuple, TypedDict

from common.wire.errors import NotFound
from common.wire.stages import TERMINAL

from ..database import Transaction
from ..like import contains, in_order

UNKNOWN_DAY = "1970-01-01"
LATE_SECONDS = 10          # a worker that died told no count: after its job's end nothing more is waited for
GIVEN_UP_SECONDS = 3600    # lines that are missing by then were lost with their worker
MOST_FOUND = 10_000
MOST_RANGES = 20_000

_KEY = "day = %s AND run = %s AND stage = %s AND attempt = %s"
Line = list                # [seq, at in ms, step, text, continues the line before]


class StoredLines(TypedDict):
    """A row of log_messages, in part."""

    first_seq: int
    last_seq: int
    at_first: int
    offsets: list[int] | None
    steps: list[int] | None
    lines: list[str]
    parts: list[int] | None


class Log(NamedTuple):
    """Where one job's lines are, and what is known of the job."""

    key: tuple                     # (day, run, stage, attempt)
    over_seconds: float | None     # since the job was over; None: it is not, or is unknown
    lines: int | None              # as its worker counted
    began: bool
    packed: bool


def find_log(transaction: Transaction, run: int, stage: str, attempt: int) -> Log:
    """Raises NotFound for a run of which there is neither a row nor a line."""
    row = transaction.one(
        "SELECT runs.day, extract(epoch FROM now() - jobs.over)::float8 AS over, jobs.lines, jobs.state, "
        "jobs.started IS NOT NULL AS began, coalesce(jobs.packed, false) AS packed FROM runs "
        "LEFT JOIN jobs ON jobs.run = runs.id AND jobs.stage = %s AND jobs.attempt = %s WHERE runs.id = %s",
        (stage, attempt, run))
    if row:
        over = row["over"] if row["state"] in TERMINAL else None
        return Log((row["day"], run, stage, attempt), over, row["lines"], row["began"], row["packed"])
    key = (UNKNOWN_DAY, run, stage, attempt)
    if transaction.value(f"SELECT 1 FROM log_messages WHERE {_KEY} LIMIT 1", key) is None:
        raise NotFound(f"run {run} is unknown")
    return Log(key, None, None, True, False)


def read(transaction: Transaction, log: Log, first: int, count: int) -> list[Line]:
    """At most `count` lines from number `first` on, consecutive."""
    rows = transaction.all(
        f"SELECT first_seq, last_seq, at_first, offsets, steps, lines, parts FROM log_messages WHERE {_KEY} "
        f"AND first_seq >= coalesce((SELECT max(first_seq) FROM log_messages WHERE {_KEY} AND first_seq <= %s), 1) "
        "AND first_seq < %s ORDER BY first_seq", (*log.key, *log.key, first, first + count))
    lines: list[Line] = []
    for row in rows:
        wanted = first + len(lines)
        if row["first_seq"] > wanted:
            break
        lines += _lines_of(row, wanted, first + count)
    return lines


def last_stored(transaction: Transaction, log: Log) -> int:
    """The highest number that is stored; 0 without any."""
    return transaction.value(f"SELECT last_seq FROM log_messages WHERE {_KEY} ORDER BY first_seq DESC LIMIT 1",
                             log.key) or 0


def is_complete(transaction: Transaction, log: Log) -> bool:
    """The job is over, and each of its lines is stored (or will not come any more)."""
    if log.over_seconds is None:
        return False
    if log.packed or log.over_seconds > GIVEN_UP_SECONDS:
        return True
    if log.lines is None:
        return not log.began or log.over_seconds > LATE_SECONDS
    return stored(transaction, log) >= log.lines


def stored(transaction: Transaction, log: Log) -> int:
    """How many lines are stored."""
    return transaction.value(f"SELECT coalesce(sum(last_seq - first_seq + 1), 0) FROM log_messages WHERE {_KEY}",
                             log.key)


# In what is read, without the colours between its letters. Only lines that have colours, and the text's letters in their
# order, are worth a regular expression: it takes ten times as long.
_HOLDS = r"CASE WHEN strpos(found.line, E'\x1b') = 0 THEN found.line LIKE %(text)s " \
         r"WHEN found.line NOT LIKE %(letters)s THEN false " \
         r"ELSE regexp_replace(found.line, E'\x1b\\[[0-9;:]*m', '', 'g') LIKE %(text)s END"


def find(transaction: Transaction, log: Log, text: str, step: int | None = None) -> tuple[list[int], bool]:
    """(numbers of the first 10,000 lines with `text` in them, are there more). `text` stands for itself."""
    rows = transaction.all(
        "SELECT (first_seq + found.number - 1)::integer AS seq FROM log_messages "
        "CROSS JOIN LATERAL unnest(lines) WITH ORDINALITY AS found (line, number) "
        "WHERE day = %(day)s AND run = %(run)s AND stage = %(stage)s AND attempt = %(attempt)s "
        f"AND {_HOLDS} AND (%(step)s::integer IS NULL OR steps[found.number] = %(step)s) ORDER BY 1 LIMIT %(most)s",
        {**dict(zip(("day", "run", "stage", "attempt"), log.key)), "text": contains(text), "letters": in_order(text),
         "step": step, "most": MOST_FOUND + 1})
    numbers = [row["seq"] for row in rows]
    return numbers[:MOST_FOUND], len(numbers) > MOST_FOUND


def step_ranges(transaction: Transaction, log: Log, step: int) -> tuple[list[list[int]], bool]:
    """([first, last] of each stretch of the step's lines, the first 20,000; are there more)."""
    rows = transaction.all(
        "WITH one AS (SELECT first_seq + found.number - 1 AS seq FROM log_messages "
        "CROSS JOIN LATERAL unnest(steps) WITH ORDINALITY AS found (step, number) "
        f"WHERE {_KEY} AND found.step = %s), "
        "placed AS (SELECT seq, seq - row_number() OVER (ORDER BY seq) AS island FROM one) "
        "SELECT min(seq)::integer AS first, max(seq)::integer AS last FROM placed GROUP BY island ORDER BY 1 LIMIT %s",
        (*log.key, step, MOST_RANGES + 1))
    ranges = [[row["first"], row["last"]] for row in rows]
    return ranges[:MOST_RANGES], len(ranges) > MOST_RANGES


def _lines_of(row: StoredLines, wanted: int, end: int) -> list[Line]:
    """The row's lines from number `wanted` on, before `end`."""
    first, parts = row["first_seq"], set(row["parts"] or ())
    indexes = range(wanted - first, min(row["last_seq"] + 1, end) - first)
    offsets, steps, texts, at = row["offsets"], row["steps"], row["lines"], row["at_first"]
    return [[first + index, at + offsets[index] if offsets else at, steps[index] if steps else 0, texts[index],
             index in parts] for index in indexes]
