"""Years of use in seconds: repositories, runs and a long log, written straight into the test installation's Postgres.

What is seeded has ended: no conductor, no sweep and no watch of the platform has anything to do with it. Deployments are
`removed`, since a live one without a container would be noticed and told.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg2

from common.wire.stages import RETRYABLE, STAGES
from tests.harness.stack import Stack

OWNER = "seed"             # of the repositories that are rows alone
BUSY = 3                   # one run in so many is of the repository whose pages are measured
USUAL_KINDS = ["full"] * 3 + ["build"] + ["test"]      # of five runs
USUAL_STATES = ["success"] * 3 + [*RETRYABLE]          # of six
A_ROW = 2000               # lines in a row of the log, as dbproxy packs them


@dataclass(frozen=True)
class Size:
    repos: int
    runs: int
    lines: int


NONE = Size(repos=0, runs=1, lines=0)                          # one run, so that each page exists
SOME = Size(repos=40, runs=180, lines=2_000)                   # one page of each list is full
MUCH = Size(repos=500, runs=10_000, lines=1_000_000)

REPOS = """
    INSERT INTO repos (forge, owner, name, app, default_branch, private, description)
    SELECT 'local', %(owner)s, 'repo-' || n, 'seed-repo-' || n, 'main', n %% 2 = 0, 'Seeded for measuring'
    FROM generate_series(%(first)s, %(last)s) n"""
RUNS = """
    INSERT INTO runs (repo, kind, ref, commit, event, actor, message, state, reason, created, started, ended, day)
    SELECT CASE WHEN n %% %(busy)s = 1 THEN %(repo)s ELSE (%(ids)s::bigint[])[1 + n %% %(repos)s] END,
           (%(kinds)s::text[])[1 + (n - 1) %% 5], 'main', encode(sha256(n::text::bytea), 'hex')::char(40),
           'push', 'person' || n %% 40, 'Change number ' || n,
           (%(states)s::text[])[1 + (n - 1) %% 6], 'seeded',
           at, at + interval '1 s', at + interval '28 s', (at AT TIME ZONE 'utc')::date
    FROM generate_series(%(first)s, %(last)s) n, LATERAL (SELECT now() - interval '60 days' * (%(last)s - n + 1)
         / %(last)s AS at) times RETURNING id"""
JOBS = """
    INSERT INTO jobs (run, stage, attempt, state, reason, lines, outputs, started, ended, over, packed)
    SELECT id, stage, 1, CASE WHEN runs.state = 'success' OR place < 4 THEN 'success' ELSE runs.state END, '', 0,
           CASE stage WHEN 'build' THEN jsonb_build_object('image', jsonb_build_object('repository', 'seed', 'digest',
               'sha256:' || encode(sha256(id::text::bytea), 'hex')), 'config', '{}'::jsonb) ELSE '{}' END,
           started, ended, ended, true
    FROM runs, unnest(%(stages)s::text[]) WITH ORDINALITY AS stages (stage, place)
    WHERE id = ANY(%(runs)s)"""
DEPLOYMENTS = """
    INSERT INTO deployments (repo, run, environment, digest, repository, commit, actor, state, reason, created, ended)
    SELECT repo, id, 'production', 'sha256:' || encode(sha256(id::text::bytea), 'hex'), 'seed', commit, actor, 'removed',
           'seeded', created, ended FROM runs WHERE id = ANY(%(runs)s) AND kind = 'full'"""
SCANS = """
    INSERT INTO scans (run, attempt, digest, counts)
    SELECT id, 1, 'sha256:' || encode(sha256(id::text::bytea), 'hex'), '{"high": 2, "low": 18}'
    FROM runs WHERE id = ANY(%(runs)s)"""
FINDINGS = """
    INSERT INTO findings (run, number, vulnerability, package, version, type, severity, fixed_in, change)
    SELECT id, n, 'CVE-2026-' || 1000 + n, 'package-' || n, '1.' || n, 'deb', CASE WHEN n < 3 THEN 'high' ELSE 'low' END,
           CASE WHEN n %% 2 = 0 THEN '2.0' END, 'known' FROM runs, generate_series(1, 20) n WHERE id = ANY(%(runs)s)"""
REPORTS = "INSERT INTO test_reports (run, attempt, declared) SELECT unnest(%(runs)s), 1, true"
CASES = """
    INSERT INTO test_cases (run, number, suite, name, state, seconds)
    SELECT id, n, 'suite', 'case ' || n, 'success', 0.1 FROM runs, generate_series(1, 10) n WHERE id = ANY(%(runs)s)"""
AUDIT = """
    INSERT INTO audit (at, actor, action, object, detail, ip)
    SELECT created, actor, 'run.start', 'seed run ' || id, '"full on main"', '10.0.0.1' FROM runs WHERE id = ANY(%(runs)s)"""
EVENTS = """
    INSERT INTO events (kind, repo, run) SELECT 'run.updated', repo, id FROM runs WHERE id = ANY(%(runs)s) ORDER BY id"""
LOG = """
    INSERT INTO log_messages (day, run, stage, attempt, first_seq, last_seq, at_first, offsets, lines)
    SELECT day, id, 'build', 1, first, first + %(a_row)s - 1, extract(epoch FROM started)::bigint * 1000,
           (SELECT array_agg(n ORDER BY n) FROM generate_series(0, %(a_row)s - 1) n),
           (SELECT array_agg('test_module_' || n / 40 || '.py::test_case_' || n %% 40 || CASE WHEN n %% 50 = 0
                THEN ' SKIPPED (needs a display)' ELSE ' PASSED' END || ' [' || n * 100 / %(lines)s || '%%] in '
                || n %% 7 || '.' || n %% 97 || ' s' ORDER BY n) FROM generate_series(first, first + %(a_row)s - 1) n)
    FROM runs, generate_series(1, %(lines)s, %(a_row)s) first WHERE id = %(run)s"""
SEEDED = "(SELECT id FROM runs WHERE reason = 'seeded')"
CLEAR = (*(f"DELETE FROM {table} WHERE run IN {SEEDED}" for table in
           ("jobs", "deployments", "scans", "test_reports", "log_messages", "events")),
         "DELETE FROM audit WHERE object LIKE 'seed run %'", "DELETE FROM runs WHERE reason = 'seeded'",
         f"DELETE FROM repos WHERE owner = '{OWNER}'")
OF_RUNS = (JOBS, DEPLOYMENTS, SCANS, FINDINGS, REPORTS, CASES, AUDIT, EVENTS)


class Seed:
    """`repo`: a repository that the forge has, too. `fill` may be called again with more; `run` has the long log."""

    def __init__(self, stack: Stack, repo: int):
        settings = stack.api.settings
        self._connection = psycopg2.connect(host="127.0.0.1", port=settings["POSTGRES_PORT"], dbname="continuum",
                                            user="dbproxy", password=settings["DBPROXY_POSTGRES_PASSWORD"])
        self._repo, self._runs = repo, 0
        self.run = 0
        with self._connection, self._connection.cursor() as cursor:
            for statement in CLEAR:      # of an earlier time, in an installation that was kept
                cursor.execute(statement)

    def fill(self, size: Size) -> None:
        """Up to `size`, in one transaction; the statistics are fresh afterwards, as autovacuum would have them."""
        with self._connection, self._connection.cursor() as cursor:
            ids = self._repos(cursor, size.repos)
            cursor.execute(RUNS, {"busy": BUSY, "repo": self._repo, "ids": ids, "repos": len(ids) or 1,
                                  "first": self._runs + 1, "last": size.runs, "kinds": USUAL_KINDS, "states": USUAL_STATES})
            runs = [row[0] for row in cursor.fetchall()]
            for statement in OF_RUNS:
                cursor.execute(statement, {"runs": runs, "stages": list(STAGES)})
            self._runs = size.runs
            self._long_log(cursor, size.lines)
        self._tidy()

    def close(self) -> None:
        self._connection.close()

    def _repos(self, cursor, count: int) -> list[int]:
        cursor.execute("SELECT count(*) FROM repos WHERE owner = %s", (OWNER,))
        known = cursor.fetchone()[0]
        cursor.execute(REPOS, {"owner": OWNER, "first": known + 1, "last": count})
        cursor.execute("SELECT id FROM repos WHERE owner = %s ORDER BY id", (OWNER,))
        return [row[0] for row in cursor.fetchall()]

    def _long_log(self, cursor, lines: int) -> None:
        """Of the repository's newest seeded run that has all stages."""
        cursor.execute("SELECT max(id) FROM runs WHERE repo = %s AND kind = 'full' AND state = 'success' "
                       "AND reason = 'seeded'", (self._repo,))
        self.run = cursor.fetchone()[0]
        cursor.execute(LOG, {"a_row": A_ROW, "lines": lines, "run": self.run})
        cursor.execute("UPDATE jobs SET lines = %s WHERE run = %s AND stage = 'build'", (lines, self.run))

    def _tidy(self) -> None:
        self._connection.autocommit = True
        with self._connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        self._connection.autocommit = False
