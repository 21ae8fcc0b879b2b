"""A run with a log of a million lines, stored as dbproxy packs it, without a build that prints them."""

from __future__ import annotations

import json
import time
import uuid

import psycopg2

from tests.harness.stack import Stack

LINES = 1_000_000
LINES_A_ROW = 2000
NEEDLE = "needle"          # in every line whose number ends with 77777, so in ten of a million
STEPS = ((1, "compile everything", "success"), (2, "pytest -q", "failure"))

_RUN = """
    INSERT INTO runs (repo, kind, ref, commit, event, actor, state, reason, started, ended)
    VALUES (%s, 'build', 'main', %s, 'api', 'continuum', 'failure', 'build exited 1', now(), now()) RETURNING id, day"""
_JOB = """
    INSERT INTO jobs (run, stage, attempt, state, reason, steps, lines, started, ended, over, packed)
    VALUES (%s, 'build', 1, 'failure', 'build exited 1', %s, %s, now(), now(), now(), true)"""
# Some lines are coloured, some long, as those of real builds are.
_LINES = """
    INSERT INTO log_messages (day, run, stage, attempt, first_seq, last_seq, at_first, offsets, steps, lines)
    SELECT %(day)s, %(run)s, 'build', 1, first, first + %(a_row)s - 1, %(at)s + first * 10,
           (SELECT array_agg(n * 10 ORDER BY n) FROM generate_series(0, %(a_row)s - 1) n),
           array_fill((CASE WHEN first <= %(half)s THEN 1 ELSE 2 END)::smallint, ARRAY[%(a_row)s]),
           (SELECT array_agg(CASE WHEN n %% 100000 = 77777 THEN 'here is the ' || %(needle)s || ' of ' || n
                                  WHEN n %% 7 = 0 THEN E'\\x1b[32mok\\x1b[0m test ' || n || ' ' || repeat('long ', 12)
                                  ELSE 'line ' || n || ' ' || md5(n::text) END ORDER BY n)
            FROM generate_series(first, first + %(a_row)s - 1) n)
    FROM generate_series(1, %(lines)s, %(a_row)s) first"""


def store(stack: Stack, repo: int, lines: int = LINES) -> int:
    """The run's number. Its steps are halves: the first succeeded, the second failed. Takes some seconds."""
    now = int(time.time() * 1000) - lines * 10
    half = lines // 2
    steps = [{"number": number, "name": name, "state": state, "first_line": first, "last_line": last,
              "started": now + first * 10, "ended": now + last * 10}
             for (number, name, state), (first, last) in zip(STEPS, ((1, half), (half + 1, lines)), strict=True)]
    with owner_of(stack) as connection, connection.cursor() as cursor:
        cursor.execute(_RUN, (repo, uuid.uuid4().hex + "0" * 8))
        run, day = cursor.fetchone()
        cursor.execute(_JOB, (run, json.dumps(steps), lines))
        cursor.execute(_LINES, {"day": day, "run": run, "at": now, "a_row": LINES_A_ROW, "half": half, "lines": lines,
                                "needle": NEEDLE})
    return run


def store_steps(stack: Stack, repo: int, lines: list[tuple[int, str]], states: list[str]) -> int:
    """The run's number: a job of just these lines, `(step, text)`; `states` of the steps, by their numbers from 1."""
    now = int(time.time() * 1000)
    numbers = {step: [at for at, (of, _) in enumerate(lines, 1) if of == step] for step in range(1, len(states) + 1)}
    steps = [{"number": step, "name": f"command {step}", "state": states[step - 1], "first_line": at[0],
              "last_line": at[-1], "started": now, "ended": now + 1900} for step, at in numbers.items()]
    with owner_of(stack) as connection, connection.cursor() as cursor:
        cursor.execute(_RUN, (repo, uuid.uuid4().hex + "0" * 8))
        run, day = cursor.fetchone()
        cursor.execute(_JOB, (run, json.dumps(steps), len(lines)))
        cursor.execute("INSERT INTO log_messages (day, run, stage, attempt, first_seq, last_seq, at_first, offsets, steps, lines) "
                       "VALUES (%s, %s, 'build', 1, 1, %s, %s, %s, %s::smallint[], %s)",
                       (day, run, len(lines), now, [at * 10 for at in range(len(lines))], [step for step, _ in lines],
                        [text for _, text in lines]))
    return run


def owner_of(stack: Stack):
    """A connection to the installation's Postgres as dbproxy, which may write."""
    settings = stack.api.settings
    return psycopg2.connect(host="127.0.0.1", port=settings["POSTGRES_PORT"], dbname="continuum", user="dbproxy",
                            password=settings["DBPROXY_POSTGRES_PASSWORD"])
