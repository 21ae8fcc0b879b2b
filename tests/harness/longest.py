"""Rows with the longest values that each place takes, without a space to break at, as no forge would have them all."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass

from tests.harness.long_log import owner_of
from tests.harness.stack import Stack

LOGIN, NAME, BRANCH, TEXT, PACKAGE, PATH = "l" * 64, "n" * 100, "b" * 200, "r" * 400, "p" * 150, "f" * 120
VULNERABILITY, DIGEST, SECRET = "GHSA-" + "x" * 95, "sha256:" + "a" * 64, "S" * 64
GATE = {"gate": {"passed": False, "reason": TEXT}, "new": 3, "gone": 5, "packages": 12,
        "database": {"source": PATH, "age_hours": 3}}
PULL = 4242

REPO = """
    INSERT INTO repos (forge, owner, name, app, default_branch, private, description, url)
    VALUES (%s, %s, %s, %s, %s, true, %s, 'https://forge.example/x') RETURNING id"""
RUN = """
    INSERT INTO runs (repo, kind, ref, commit, event, actor, message, state, reason, started, ended)
    VALUES (%s, 'full', %s, %s, 'pull_request', %s, %s, 'failure', %s, now(), now()) RETURNING id"""
JOB = """
    INSERT INTO jobs (run, stage, attempt, state, reason, outputs, steps, lines, started, ended, over, packed)
    VALUES (%s, %s, 1, %s, %s, %s, %s, 0, now(), now(), now(), true)"""
FINDING = """
    INSERT INTO findings (run, number, vulnerability, package, version, type, severity, fixed_in, change, url)
    VALUES (%s, 1, %s, %s, %s, 'deb', 'critical', %s, 'new', 'https://vulnerability.example')"""
CASE = """
    INSERT INTO test_cases (run, number, suite, name, state, seconds, message, detail, file, line, log_line)
    VALUES (%s, 1, %s, %s, 'failure', 1.25, %s, %s, %s, 12, 2)"""
DEPLOYMENT = """
    INSERT INTO deployments (repo, run, environment, digest, repository, commit, actor, state, reason, ended)
    VALUES (%s, %s, 'production', %s, 'x', %s, %s, 'failed', %s, now()) RETURNING id"""
OF_REPO = (
    ("INSERT INTO waivers (repo, vulnerability, package, reason, until, actor) VALUES (%s, %s, %s, %s, '2999-01-31', %s)",
     (VULNERABILITY, PACKAGE, TEXT, LOGIN)),
    ("INSERT INTO secrets (repo, name, use, sealed, set_by) VALUES (%s, %s, '{deploy,build}', '{}', %s)",
     (SECRET, LOGIN)),
    ("INSERT INTO deliveries (forge, guid, event, action, repo, payload, state, outcome, attempts, ended) "
     "VALUES ('github', %s, 'pull_request', 'synchronize', %s, '{}', 'failed', %s, 3, now())", None),
    ("INSERT INTO pulls (repo, number, title, author, author_id, head_commit, head_ref, head_repo_id, base_ref, fork, state) "
     "VALUES (%s, %s, %s, %s, '9', %s, %s, '77', %s, true, 'open')",
     (PULL, "t" * 220, "l" * 39, "c" * 40, BRANCH, BRANCH)),
)


@dataclass(frozen=True)
class Longest:
    """Addresses: of the repository, of its run, of its deployment, of its waiver."""

    repo: str
    run: str
    deployment: str
    waiver: str

    def pages(self) -> list[str]:
        """Every page that shows something of it, those that only a repository of GitHub has among them."""
        of_repo = ("", f"?ref={BRANCH}", "/deployments", "/waivers", "/settings", f"/settings/secrets/{SECRET}/delete",
                   "/pulls", f"/pulls/{PULL}", "/deliveries", f"/waive?vulnerability={VULNERABILITY}&package={PACKAGE}")
        of_run = ("", "/findings", "/tests", "/artifacts", "/definition", "/test.1")
        return [f"/repos?q={NAME}", *(self.repo + path for path in of_repo), *(self.run + path for path in of_run),
                f"{self.deployment}/log", f"{self.waiver}/delete"]


def store(stack: Stack) -> Longest:
    owner = "o" * 32 + uuid.uuid4().hex
    with owner_of(stack) as connection, connection.cursor() as cursor:
        cursor.execute(REPO, ("github", owner, NAME, f"a{uuid.uuid4().hex}{'a' * 30}", BRANCH, TEXT))
        repo = cursor.fetchone()[0]
        cursor.execute(RUN, (repo, BRANCH, uuid.uuid4().hex + "0" * 8, LOGIN, TEXT, f"test: {TEXT}"))
        run = cursor.fetchone()[0]
        _fill(cursor, repo, run)
        cursor.execute(DEPLOYMENT, (repo, run, DIGEST, "c" * 40, LOGIN, TEXT))
        deployment = cursor.fetchone()[0]
        cursor.execute("SELECT id FROM waivers WHERE repo = %s", (repo,))
        waiver = cursor.fetchone()[0]
    return Longest(f"/repos/github/{owner}/{NAME}", f"/runs/{run}", f"/deployments/{deployment}", f"/waivers/{waiver}")


def _fill(cursor, repo: int, run: int) -> None:
    step = [{"number": 1, "name": TEXT, "state": "failure", "first_line": None, "last_line": None}]
    for stage, state, outputs in (("build", "success", {"image": {"repository": "x", "digest": DIGEST}}),
                                  ("scan", "failure", GATE), ("test", "failure", {"passed": 1, "failed": 1})):
        cursor.execute(JOB, (run, stage, state, TEXT, json.dumps(outputs), json.dumps(step)))
    cursor.execute("INSERT INTO scans (run, attempt, digest, counts) VALUES (%s, 1, %s, '{}')", (run, DIGEST))
    cursor.execute("INSERT INTO test_reports (run, attempt, declared) VALUES (%s, 1, true)", (run,))
    cursor.execute(FINDING, (run, VULNERABILITY, PACKAGE, "v" * 60, "f" * 60))
    cursor.execute(CASE, (run, PATH, BRANCH, TEXT, f"{TEXT}\n{TEXT}", PATH))
    for statement, values in OF_REPO:
        cursor.execute(statement, (repo, *values) if values else (uuid.uuid4().hex, repo, TEXT))


def store_run(stack: Stack, repo: int, state: str) -> int:
    """A run that ended in `state` in its test stage; its number."""
    with owner_of(stack) as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO runs (repo, kind, ref, commit, event, actor, state, reason, canceled_by, started, ended) "
                       "VALUES (%s, 'full', 'main', %s, 'push', 'ann', %s, %s, 'bob', now(), now()) RETURNING id",
                       (repo, uuid.uuid4().hex + "0" * 8, state, f"test: ended as {state}"))
        run = cursor.fetchone()[0]
        for stage, ended in (("build", "success"), ("test", state), ("promote", "skipped")):
            cursor.execute(JOB, (run, stage, ended, "", "{}", "[]"))
    return run
