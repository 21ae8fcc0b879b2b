"""The match: Grype compares a catalogue with the vulnerability database and writes three reports in one go."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from .errors import ToolError
from .limit import MOST_REPORT, Limit, read
from .process import run

KINDS = {"grype": ("json", "application/json"),      # kind of document: Grype's name, content type
         "cyclonedx": ("cyclonedx-json", "application/vnd.cyclonedx+json"),
         "sarif": ("sarif", "application/sarif+json")}


@dataclass(frozen=True)
class Reports:
    """Grype's own report, read, and where all three lie."""

    report: dict
    files: dict[str, Path]      # kind of document -> file


def argv(sbom: Path, files: dict[str, Path]) -> list[str]:
    outputs = [part for kind, file in files.items() for part in ("--output", f"{KINDS[kind][0]}={file}")]
    return ["grype", f"sbom:{sbom}", "--quiet", *outputs]


def environment(database: dict[str, str], folder: Path) -> dict[str, str]:
    """`database`: what `scanner.database` says a scan on it needs; temporary files go with the scan."""
    return {**database, "HOME": str(folder), "TMPDIR": str(folder)}


def match(sbom: Path, folder: Path, database: dict[str, str], limit: Limit) -> Reports:
    """Raises ToolError for a Grype that ended badly or wrote what cannot be read, Failure for a report that is too large."""
    files = {kind: folder / f"{kind}.json" for kind in KINDS}
    scratch = folder / "grype"
    scratch.mkdir()
    run(argv(sbom, files), environment(database, scratch), scratch, limit)
    try:
        report = json.loads(read(files["grype"], MOST_REPORT, "the list of its vulnerabilities"))
        report["matches"]
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise ToolError(f"Grype's report cannot be read ({problem})") from problem
    return Reports(report, files)
