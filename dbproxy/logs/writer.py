"""Messages into Postgres: one statement, one commit, and the same again changes nothing."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg2
from psycopg2.extras import execute_values

from common.wire.errors import BadRequest, Unavailable

from ..database import Database, Transaction, first_line
from .intake import Refused, StoreAway
from .message import Message

LOCK = 0x6C6F6773      # advisory lock: writers share it, packing has it alone
_TEMPLATE = ("(%s::bigint, %s::text, %s::integer, %s::integer, %s::integer, %s::bigint, %s::integer[], "
             "%s::smallint[], %s::text[], %s::integer[])")
# What lies in a stored row already is left out: packing has put many messages into one row. The same message in
# its own row meets the primary key. The order makes Postgres look at all of them before the first is written: each
# look would otherwise step over the rows that the statement itself has just made, one by one.
_INSERT = """
    INSERT INTO log_messages (day, run, stage, attempt, first_seq, last_seq, at_first, offsets, steps, lines, parts)
    SELECT coalesce(runs.day, '1970-01-01'), new.* FROM (VALUES %s) AS new
        (run, stage, attempt, first_seq, last_seq, at_first, offsets, steps, lines, parts)
    LEFT JOIN runs ON runs.id = new.run
    LEFT JOIN LATERAL (
        SELECT last_seq FROM log_messages old WHERE old.day = coalesce(runs.day, '1970-01-01')
        AND old.run = new.run AND old.stage = new.stage AND old.attempt = new.attempt
        AND old.first_seq <= new.first_seq ORDER BY old.first_seq DESC LIMIT 1) AS before ON true
    WHERE before.last_seq IS NULL OR before.last_seq < new.first_seq
    ORDER BY new.run, new.stage, new.attempt, new.first_seq
    ON CONFLICT DO NOTHING"""


def store_in(database: Database, messages: Sequence[Message]) -> None:
    """Committed when it returns; raises StoreAway or Refused."""
    try:
        database.run(write, messages)
    except Unavailable as problem:
        raise StoreAway(problem.detail) from problem
    except (BadRequest, psycopg2.IntegrityError, ValueError) as problem:
        raise Refused(first_line(problem)) from problem
    except psycopg2.Error as problem:      # the table is gone, say: not the messages' fault
        raise StoreAway(first_line(problem)) from problem


def write(transaction: Transaction, messages: Sequence[Message]) -> None:
    transaction.do("SELECT pg_advisory_xact_lock_shared(%s)", (LOCK,))
    execute_values(transaction.cursor, _INSERT, messages, template=_TEMPLATE, page_size=len(messages))
