"""Findings of a run's scan: replaced as a whole by the newest attempt, read with filters."""

from __future__ import annotations

from typing import Literal

from flask import Blueprint, request
from psycopg2.extras import Json, execute_values
from pydantic import ConfigDict, Field, field_validator

from common.api.results import FindingsPage
from common.service.web import body_as
from common.wire.contracts import Digest, Severity
from common.wire.errors import NotFound

from ..access import callers
from ..answers import answers
from ..bodies import Body
from ..database import Transaction, transactional
from ..like import contains
from ..paging import Filters, flag, paged, sorting
from .attempts import begin

bp = Blueprint("findings", __name__)

ORDER = "array_position(ARRAY['unknown', 'negligible', 'low', 'medium', 'high', 'critical'], severity)"
SORTS = {"severity": ORDER, "package": "package", "vulnerability": "vulnerability", "risk": "risk", "epss": "epss"}
FLAGS = {"fixable": "(fixed_in IS NOT NULL)", "new": "(coalesce(change, '') = 'new')", "waived": "waived"}


class Finding(Body):
    model_config = ConfigDict(extra="ignore")

    vulnerability: str
    package: str
    version: str = ""
    type: str = ""
    severity: Severity = "unknown"
    fixed_in: str | None = None
    state_of_fix: str | None = None
    path: str | None = None
    url: str | None = None
    description: str | None = None
    risk: float | None = None
    epss: float | None = None
    known_exploited: bool = False
    waived: bool = False
    waiver_reason: str | None = None
    change: Literal["new", "known"] | None = None

    @field_validator("fixed_in", mode="before")
    @classmethod
    def _one_text(cls, value):
        """Several versions are told as one text; none of them as null."""
        return (", ".join(map(str, value)) if isinstance(value, list) else value) or None


class Scan(Body):
    attempt: int = Field(ge=1)
    digest: Digest
    findings: list[Finding]
    gone: list[dict] = []


COLUMNS = tuple(Finding.model_fields)


@bp.put("/v1/runs/<int:run>/findings")
@callers("scanner")
@body_as(Scan)
@transactional
def put(transaction: Transaction, run: int, body: Scan):
    """Replaces those of earlier attempts; 204; 409 `old_attempt`. Unknown keys of a finding are dropped."""
    repo = begin(transaction, "scans", run, body.attempt)
    transaction.do("INSERT INTO scans (run, attempt, digest, counts, gone) VALUES (%s, %s, %s, %s, %s)",
                   (run, body.attempt, body.digest, Json(_counts(body.findings)), Json(body.gone)))
    rows = [(run, number, *(getattr(finding, name) for name in COLUMNS))
            for number, finding in enumerate(body.findings, 1)]
    execute_values(transaction.cursor, f"INSERT INTO findings (run, number, {', '.join(COLUMNS)}) VALUES %s", rows,
                   page_size=500)
    transaction.emit("run.updated", repo=repo, run=run)
    return "", 204


@bp.get("/v1/runs/<int:run>/findings")
@callers("dashboard", "orchestrator", "scanner")
@answers(FindingsPage)
@transactional
def index(transaction: Transaction, run: int):
    """The worst first; 404 without a scan. Filters: `severity package fixable new waived`; sorted by `severity package
    vulnerability risk epss`. `caveat` is that of the gate."""
    scan = transaction.one("SELECT attempt, digest, gone, at, (SELECT outputs #>> '{gate,caveat}' FROM jobs "
                           "WHERE jobs.run = scans.run AND stage = 'scan' AND jobs.attempt = scans.attempt) AS caveat "
                           "FROM scans WHERE run = %s", (run,))
    if scan is None:
        raise NotFound(f"run {run} has no scan that is over")
    page = paged(transaction, ", ".join(COLUMNS), "findings", _filters(run),
                 sorting(SORTS, "-severity") + ", package, vulnerability, number")
    return {**page, **scan, "summary": _summary(transaction, run)}


def _filters(run: int) -> Filters:
    filters = Filters()
    filters.add("run = %s", run)
    filters.equal("severity", "severity")
    if request.args.get("package"):
        filters.add("package ILIKE %s", contains(request.args["package"]))
    for name, condition in FLAGS.items():
        if flag(name) is not None:
            filters.add(f"{condition} = %s", flag(name))
    return filters


def _counts(findings: list[Finding]) -> dict[str, int]:
    """severity -> findings, waived ones not counted."""
    counts: dict[str, int] = {}
    for finding in findings:
        if not finding.waived:
            counts[finding.severity] = counts.get(finding.severity, 0) + 1
    return counts


def _summary(transaction: Transaction, run: int) -> dict:
    row = transaction.one(
        "SELECT count(*) AS total, count(*) FILTER (WHERE fixed_in IS NOT NULL AND NOT waived) AS fixable, "
        "count(*) FILTER (WHERE waived) AS waived, count(*) FILTER (WHERE change = 'new') AS new "
        "FROM findings WHERE run = %s", (run,))
    counts = transaction.one("SELECT counts, jsonb_array_length(gone) AS gone FROM scans WHERE run = %s", (run,))
    return {**row, **counts}
