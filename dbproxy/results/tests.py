"""Test cases of a run: replaced as a whole by the newest attempt."""

from __future__ import annotations

from flask import Blueprint
from psycopg2.extras import execute_values
from pydantic import Field

from common.api.results import TestReport
from common.service.web import body_as
from common.wire.contracts import TestCase
from common.wire.errors import NotFound

from ..access import callers
from ..answers import answers
from ..bodies import Body
from ..database import Transaction, transactional
from .attempts import begin

bp = Blueprint("tests", __name__)

COLUMNS = tuple(TestCase.model_fields)


class Report(Body):
    attempt: int = Field(ge=1)
    cases: list[TestCase]
    declared: bool
    notice: str | None = None


@bp.put("/v1/runs/<int:run>/tests")
@callers("tester")
@body_as(Report)
@transactional
def put(transaction: Transaction, run: int, body: Report):
    """Replaces that of earlier attempts; 204; 409 `old_attempt`."""
    repo = begin(transaction, "test_reports", run, body.attempt)
    transaction.do("INSERT INTO test_reports (run, attempt, declared, notice) VALUES (%s, %s, %s, %s)",
                   (run, body.attempt, body.declared, body.notice))
    rows = [(run, number, *(getattr(case, name) for name in COLUMNS)) for number, case in enumerate(body.cases, 1)]
    execute_values(transaction.cursor, f"INSERT INTO test_cases (run, number, {', '.join(COLUMNS)}) VALUES %s", rows,
                   page_size=500)
    transaction.emit("run.updated", repo=repo, run=run)
    return "", 204


@bp.get("/v1/runs/<int:run>/tests")
@callers("dashboard", "orchestrator", "tester")
@answers(TestReport)
@transactional
def show(transaction: Transaction, run: int):
    """404 without a report."""
    report = transaction.one("SELECT attempt, declared, notice, at FROM test_reports WHERE run = %s", (run,))
    if report is None:
        raise NotFound(f"run {run} has no test report")
    cases = transaction.all(f"SELECT {', '.join(COLUMNS)} FROM test_cases WHERE run = %s ORDER BY number", (run,))
    states = [case["state"] for case in cases]
    summary = {state: states.count(state) for state in dict.fromkeys(states)}
    return {**report, "cases": cases, "summary": summary}
