"""The gate: the rule that turns findings into a failure, and what sets findings aside."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from common.wire.contracts import ScanConfig, WaiverRule
from common.wire.partial_database import CAVEAT, CODE

from .findings import SEVERITIES, Finding

MOST_NAMED = 20      # failing findings that the verdict names; the run's findings have them all

EMPTY = "no packages were recognised: nothing to scan is not clean"


@dataclass(frozen=True)
class Verdict:
    passed: bool
    reason: str
    notes: list[str] = field(default_factory=list)      # expired waivers, a sentence each
    failing: list[Finding] = field(default_factory=list)      # worst first
    full: bool = True                                   # False: it was not the full vulnerability database

    def document(self) -> dict:
        """As the scan's outputs have it; see ScanOutputs."""
        named = ("vulnerability", "severity", "package", "version", "fixed_in")
        return {"passed": self.passed, "reason": self.reason, "notes": self.notes,
                "code": None if self.full else CODE, "caveat": None if self.full else CAVEAT,
                "failing": [{name: getattr(finding, name) for name in named} for finding in self.failing[:MOST_NAMED]],
                "failing_total": len(self.failing)}


def rules(config: ScanConfig, people: list[WaiverRule]) -> list[WaiverRule]:
    """The waivers of people and of the file together."""
    from_file = [WaiverRule(id=item.id, reason=item.reason, until=item.until, source="file")
                 for item in config.waivers]
    return [*people, *from_file]


def waive(findings: list[Finding], waivers: list[WaiverRule], today: date, last: date = date.max) -> dict[str, str]:
    """Set aside what a waiver names, up to and with its last day.

    Return why the waivers of a vulnerability do not count: id -> sentence.

    `last`: the latest day that a waiver may name; one that lasts longer does not count.
    """
    notes = {}
    for finding in findings:
        fitting = [rule for rule in waivers if _fits(rule, finding)]
        valid = next((rule for rule in fitting if today <= rule.until <= last), None)
        if valid:
            finding.waived, finding.waiver_reason = True, f"{valid.reason} (until {valid.until})"
        elif fitting:
            notes[finding.vulnerability] = _why_not(finding.vulnerability, max(rule.until for rule in fitting), today, last)
    return notes


def _why_not(vulnerability: str, until: date, today: date, last: date) -> str:
    if until < today:
        return f"the waiver of {vulnerability} ended on {until}"
    return f"the waiver of {vulnerability} does not count: it lasts until {until}, and a waiver may last until {last}"


def judge(findings: list[Finding], packages: int, config: ScanConfig, notes: dict[str, str],
          full: bool = True) -> Verdict:
    """Return the gate's verdict.

    `findings`: worst first, waived ones marked; `notes`: what `waive` returned; `packages`: how many the catalogue holds;
    `full`: is the database the full one?
    """
    said = list(notes.values())
    if packages == 0:
        return Verdict(True, EMPTY, said, full=full)
    counted = [finding for finding in findings if not finding.waived]
    failing = [finding for finding in counted if _fails(finding, config)]
    if not failing:
        return Verdict(True, _passed(counted, config) + ("" if full else f" ({CAVEAT})"), said, full=full)
    reason = f"{_counts(failing)}: {_named(failing[0])}"
    if len(failing) > 1:
        reason += f"; and {len(failing) - 1} more"
    ended = [notes[name] for name in dict.fromkeys(finding.vulnerability for finding in failing) if name in notes]
    return Verdict(False, "; ".join([reason, *ended]), said, failing, full)


def _fits(rule: WaiverRule, finding: Finding) -> bool:
    return rule.id in finding.names and rule.package in (None, finding.package)


def _fails(finding: Finding, config: ScanConfig) -> bool:
    """Give the verdict of `grype --fail-on`: with --only-fixed, it ignores advisories that name no fix."""
    severity = finding.fixable_severity if config.only_fixed else finding.severity
    if config.fail_on == "never" or severity is None:
        return False
    return SEVERITIES.index(severity) <= SEVERITIES.index(config.fail_on)


def _named(finding: Finding) -> str:
    fix = f"fixed in {finding.fixed_in}" if finding.fixed_in else "no fix yet"
    return f"{finding.vulnerability} in {finding.package} {finding.version}, {fix}"


def _counts(findings: list[Finding]) -> str:
    counts = Counter(finding.severity for finding in findings)
    return ", ".join(f"{counts[severity]} {severity}" for severity in SEVERITIES if counts[severity])


def _passed(counted: list[Finding], config: ScanConfig) -> str:
    found = _counts(counted) if counted else "no findings"
    if config.fail_on == "never":
        return f"{found}; the gate is off (scan.fail_on: never)"
    if not counted:
        return found
    limit = config.fail_on if config.fail_on == "critical" else f"{config.fail_on} or worse"
    return f"{found}; none that is {limit}{' and has a fix' if config.only_fixed else ''}"
