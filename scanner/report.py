"""Grype's JSON report: the parts that are read."""

from __future__ import annotations

from typing import Any, TypedDict


class Fix(TypedDict, total=False):
    versions: list[str] | None
    state: str | None


class Vulnerability(TypedDict, total=False):
    id: str
    severity: str | None
    fix: Fix | None
    dataSource: str
    description: str
    risk: float
    epss: list[dict[str, Any]] | None
    knownExploited: list[dict[str, Any]] | None


class Artifact(TypedDict, total=False):
    """A package."""

    name: str
    version: str
    type: str
    locations: list[dict[str, Any]] | None


class Match(TypedDict, total=False):
    """One advisory for one package."""

    vulnerability: Vulnerability
    relatedVulnerabilities: list[Vulnerability] | None
    artifact: Artifact


class Report(TypedDict, total=False):
    matches: list[Match]
    alertsByPackage: list[dict[str, Any]] | None
