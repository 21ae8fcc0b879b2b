"""Findings as lines of the log, for eyes."""

from __future__ import annotations

from .findings import Finding

SHOWN = 20
HEADER = ("SEVERITY", "VULNERABILITY", "PACKAGE", "VERSION", "FIXED IN", "")


def lines(findings: list[Finding]) -> list[str]:
    """A table of the worst findings, waived ones last, and how many more there are."""
    ordered = sorted(findings, key=lambda finding: finding.waived)
    rows = [HEADER, *(_row(finding) for finding in ordered[:SHOWN])] if findings else []
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))] if rows else []
    table = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    if len(findings) > SHOWN:
        table.append(f"… and {len(findings) - SHOWN} more findings")
    return table


def _row(finding: Finding) -> tuple[str, ...]:
    marks = [mark for mark, shown in (("exploited", finding.known_exploited), ("new", finding.change == "new"),
                                      ("waived", finding.waived)) if shown]
    return (finding.severity, finding.vulnerability, finding.package[:40], finding.version[:30],
            (finding.fixed_in or "-")[:30], ", ".join(marks))
