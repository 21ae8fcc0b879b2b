"""What scans and tests found."""

from __future__ import annotations

from pydantic import BaseModel, Field

from .shared import Page


class Finding(BaseModel):
    vulnerability: str
    package: str
    version: str | None = ""
    type: str | None = ""
    severity: str = "unknown"
    fixed_in: str | list | None = None
    state_of_fix: str | None = None
    path: str | None = None
    url: str | None = None
    description: str | None = None
    risk: float | None = None
    epss: float | None = None
    known_exploited: bool | None = False
    waived: bool = False
    waiver_reason: str | None = None
    change: str | None = None


class Findings(Page[Finding]):
    summary: dict = {}
    gone: list = []
    caveat: str | None = Field(None, description="such as: no full database")


class Case(BaseModel):
    suite: str = ""
    name: str
    state: str
    seconds: float | None = None
    message: str | None = None
    detail: str | None = None
    file: str | None = None
    line: int | None = None
    log_line: int | None = None


class Tests(BaseModel):
    __test__ = False
    attempt: int | None = None
    cases: list[Case] = []
    declared: bool | None = None
    notice: str | None = None


class Waiver(BaseModel):
    id: int
    vulnerability: str
    package: str | None = None
    reason: str
    until: str | None = None
    actor: str | None = None
    created: str | None = None
