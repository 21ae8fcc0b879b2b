"""Rows of what scans and tests found, and of waivers."""

from __future__ import annotations

from datetime import date

from ..wire.contracts import TestCase
from .base import Moment, Page, Row


class Finding(Row):
    vulnerability: str
    package: str
    version: str
    type: str
    severity: str
    fixed_in: str | None
    state_of_fix: str | None
    path: str | None
    url: str | None
    description: str | None
    risk: float | None
    epss: float | None
    known_exploited: bool
    waived: bool
    waiver_reason: str | None
    change: str | None                      # new, known; None: there was nothing to compare with


class FindingsSummary(Row):
    total: int
    fixable: int
    waived: int
    new: int
    gone: int
    counts: dict[str, int]                  # severity -> findings, waived ones not counted


class FindingsPage(Page[Finding]):
    attempt: int
    digest: str
    gone: list[dict]
    at: Moment
    caveat: str | None                       # of the gate, such as "no full database"
    summary: FindingsSummary


class TestReport(Row):
    __test__ = False                        # pytest: not a test class
    attempt: int
    declared: bool                          # False: only the default check ran
    notice: str | None
    at: Moment
    cases: list[TestCase]
    summary: dict[str, int]                 # state -> cases


class ReposWithImage(Row):
    repos: list[int]                        # that scanned it, the newest scan first


class Waiver(Row):
    id: int
    repo: int
    vulnerability: str
    package: str | None
    reason: str
    until: date
    actor: str
    created: Moment
    expired: bool
