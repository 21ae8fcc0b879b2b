"""Stores the report with dbproxy: its cases, and the JUnit files for download."""

from __future__ import annotations

from common.api.client import Dbproxy
from common.wire.contracts import TestInputs

from .junit import merged
from .report import Report

TIMEOUT = 60      # seconds between bytes of an answer


def store(report: Report, inputs: TestInputs, dbproxy: Dbproxy) -> None:
    """Replaces what an earlier attempt of the run stored."""
    outputs, dbproxy = report.outputs(), dbproxy.within(timeout=TIMEOUT)
    dbproxy.tests.put(inputs.run, attempt=inputs.attempt, cases=[case.model_dump() for case in report.cases],
                      declared=report.declared, notice=outputs["notice"])
    if report.junit:
        dbproxy.documents.put(inputs.image.digest, "junit", merged(report.junit), "application/xml", inputs.run)
