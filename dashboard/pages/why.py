"""Why a run failed: the stage, its reason once, and what decided: findings, tests, the app's last lines, or the log's.

Nothing is shown twice. A reason that quotes an app's last lines is split into its sentence and the quote, and the log's
last lines are shown only where nothing else says more.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from common.wire.errors import NotFound, Problem, ServiceDown
from common.wire.stages import FAILED

from ..api import findings as findings_api
from ..api.answers import Case, Job, RunDetail
from ..api.inputs import TestsQuery
from .filters import first_line

MOST = 5            # findings, and tests; the tabs have them all


@dataclass(frozen=True)
class Listed:
    """The first of some things that decided, and how many there are in all."""

    items: list = field(default_factory=list)
    total: int = 0

    @property
    def more(self) -> int:
        return self.total - len(self.items)


@dataclass(frozen=True)
class Why:
    """`job` failed and decided; None where the run itself did. `quote`: what the app printed last."""

    job: Job | None
    reason: str
    quote: str = ""
    findings: Listed = Listed()
    tests: Listed = Listed()
    others: list[Job] = field(default_factory=list)      # other stages that failed in the same run
    test_job: Job | None = None
    case: str | None = None      # the failed test whose message is in the reason

    @property
    def says_enough(self) -> bool:
        """Is there more than the reason, without the log?"""
        return bool(self.quote or self.findings.items or self.tests.items)


def failed_jobs(found: RunDetail) -> list[Job]:
    """The newest attempt of each stage that failed, in the order of the run; empty unless the run failed."""
    newest = {job.stage: job for job in sorted(found.jobs, key=lambda job: job.attempt)}
    return [job for job in found.jobs if newest[job.stage] is job and job.state in FAILED] \
        if found.state in FAILED else []


def deciding(found: RunDetail) -> Job | None:
    """The failed job whose reason is the run's; else the last one that failed."""
    failed = failed_jobs(found)
    named = [job for job in failed if job.stage == found.params.get("stage")]
    return (named or failed or [None])[-1]


def explain(found: RunDetail) -> Why | None:
    """None unless the run failed."""
    if found.state not in FAILED:
        return None
    job = deciding(found)
    decided = job is not None and (job.stage == found.params.get("stage") or not found.reason)
    reason = job.reason if decided else found.reason or ""
    failed = {other.stage: other for other in failed_jobs(found)}
    return Why(job, first_line(reason), reason.partition("\n")[2], _gate(failed.get("scan")),
               _tests(found.id) if "test" in failed else Listed(),
               [other for other in failed.values() if other is not job], failed.get("test"),
               job.params.get("case") if decided else None)


def _gate(scan: Job | None) -> Listed:
    """The findings that failed the gate."""
    gate = ((scan.outputs or {}).get("gate") or {}) if scan else {}
    failing = gate.get("failing") or []
    return Listed(failing[:MOST], gate.get("failing_total", len(failing)))


def _tests(run: int) -> Listed:
    """Failed tests; none while the store cannot say."""
    try:
        cases = findings_api.get_tests(run, TestsQuery()).cases
    except (NotFound, ServiceDown, Problem):
        return Listed()
    failed: list[Case] = [case for case in cases if case.state in FAILED]
    return Listed(failed[:MOST], len(failed))


def without_reason(rows: list, job: Job) -> list:
    """The last lines of a job's log without those in which its worker reported the reason."""
    line = job.params.get("line")
    return [row for row in rows if line is None or row[0] < line]
