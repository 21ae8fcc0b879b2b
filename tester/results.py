"""Stores the report with dbproxy: its cases, and the JUnit files for download."""

from __future__ import annotations

from common.service.client import ServiceClient
from common.wire.contracts import TestInputs

from .junit import merged
from .report import Report


def store(report: Report, inputs: TestInputs, dbproxy: ServiceClient) -> None:
    """Replaces what an earlier attempt of the run stored."""
    outputs = report.outputs()
    dbproxy.put(f"/v1/runs/{inputs.run}/tests", {
        "attempt": inputs.attempt, "cases": [case.model_dump() for case in report.cases],
        "declared": report.declared, "notice": outputs["notice"]}, timeout=60)
    if report.junit:
        dbproxy.put(f"/v1/images/{inputs.image.digest}/documents/junit", data=merged(report.junit),
                    params={"run": inputs.run}, headers={"Content-Type": "application/xml"}, timeout=60)
