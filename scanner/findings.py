"""Grype's matches as findings: the fields that dbproxy stores, the same for every ecosystem."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace

from common.api.results import Finding as StoredFinding
from common.worker.lines import clean

from .report import Match, Report

LONGEST = 500      # characters of a name, a version or a path, which an image's author writes
SEVERITIES = ("critical", "high", "medium", "low", "negligible", "unknown")      # worst first


@dataclass
class Finding:
    """One vulnerability in one package. `aliases` are the other names of the same vulnerability."""

    vulnerability: str
    package: str
    version: str
    type: str
    severity: str
    fixed_in: str | None
    state_of_fix: str
    path: str | None
    url: str | None
    description: str | None
    risk: float | None
    epss: float | None
    known_exploited: bool
    aliases: tuple[str, ...] = field(default=(), repr=False)
    fixable_severity: str | None = None      # worst severity among the advisories that name a fix
    waived: bool = False
    waiver_reason: str | None = None
    change: str | None = None      # new | known; None where there is nothing to compare with

    @property
    def identity(self) -> tuple[str, str, str]:
        """What makes it the same finding in another image: a newer version that is still affected is known."""
        return self.vulnerability, self.package, self.type

    @property
    def names(self) -> set[str]:
        return {self.vulnerability, *self.aliases}

    def document(self) -> dict:
        """As JSON for dbproxy."""
        return asdict(self)


def read(report: Report) -> list[Finding]:
    """Return the findings of Grype's JSON, worst first: one for each vulnerability, package, version and path.

    Grype reports one match for each advisory. Advisories of the same vulnerability are merged, whatever their order.
    """
    return sorted(merge([_finding(match) for match in report["matches"]]), key=order)


def merge(findings: list[Finding]) -> list[Finding]:
    """Merge the findings of one place (package, version, type, path) that share a CVE, or a name where one has none.

    Findings with different CVEs are never merged: a distribution's advisory may cover several of them.
    """
    places = defaultdict(list)
    for finding in findings:
        places[finding.package, finding.version, finding.type, finding.path].append(finding)
    return [_merged(group) for place in places.values() for group in _same_vulnerability(place)]


def _same_vulnerability(findings: list[Finding]) -> list[list[Finding]]:
    """Group findings of one place. Sorting first, with CVEs in front, makes the groups independent of their order."""
    groups: list[list[Finding]] = []
    for finding in sorted(findings, key=_merge_order):
        own_cve = _is_cve(finding.vulnerability)
        group = next((group for group in groups if group[0].vulnerability == finding.vulnerability
                      or not own_cve and any(finding.names & member.names for member in group)), None)
        if group is None:
            groups.append([finding])
        else:
            group.append(finding)
    return groups


def _merged(group: list[Finding]) -> Finding:
    """Return one finding with the worst severity, every fix and every alias of the group.

    `group` is in `_merge_order`, so texts come from the worst advisory that has them.
    """
    first = group[0]
    fixes = list(dict.fromkeys(fix for item in group if item.fixed_in for fix in item.fixed_in.split(", ")))
    names = set().union(*(item.names for item in group)) - {first.vulnerability}
    return replace(
        first, severity=_worst(item.severity for item in group), aliases=tuple(sorted(names)),
        fixable_severity=_worst(item.fixable_severity for item in group),
        fixed_in=", ".join(fixes) or None, state_of_fix="fixed" if fixes else first.state_of_fix,
        url=_first(item.url for item in group), description=_first(item.description for item in group),
        risk=_highest(item.risk for item in group), epss=_highest(item.epss for item in group),
        known_exploited=any(item.known_exploited for item in group))


def _merge_order(finding: Finding) -> tuple:
    return (not _is_cve(finding.vulnerability), *order(finding), finding.fixed_in or "", sorted(finding.names),
            finding.url or "", finding.description or "")


def _is_cve(name: str) -> bool:
    return name.startswith("CVE-")


def _worst(severities: Iterable[str | None]) -> str | None:
    return min((severity for severity in severities if severity), key=SEVERITIES.index, default=None)


def _first(values: Iterable[str | None]) -> str | None:
    return next((value for value in values if value), None)


def _highest(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def order(finding: Finding) -> tuple:
    """Worst first: severity, then what is exploited, can be fixed, and is probable."""
    return (SEVERITIES.index(finding.severity), not finding.known_exploited, finding.fixed_in is None,
            -(finding.epss or 0), finding.vulnerability, finding.package, finding.path or "")


def mark_changes(findings: list[Finding], baseline: list[StoredFinding] | None) -> list[dict]:
    """Say of each finding whether it is new against `baseline`; what of that is gone. None: nothing to compare."""
    if baseline is None:
        return []
    before = {(item.vulnerability, item.package, item.type): item for item in baseline}
    for finding in findings:
        finding.change = "known" if finding.identity in before else "new"
    now = {finding.identity for finding in findings}
    return [item.model_dump(include={"vulnerability", "package", "version", "type", "severity", "fixed_in"})
            for identity, item in before.items() if identity not in now]


def alerts(report: Report) -> list[str]:
    """What Grype says of packages beside matches, such as a distribution past its end of life; each sentence once."""
    entries = report.get("alertsByPackage") or []
    told = {alert.get("message") for entry in entries for alert in entry.get("alerts") or []}
    return sorted(clean(message) for message in told if message)


def _finding(match: Match) -> Finding:
    vulnerability, artifact = match["vulnerability"], match["artifact"]
    name, aliases = _names(vulnerability["id"], [item["id"] for item in match.get("relatedVulnerabilities") or []])
    fix = vulnerability.get("fix") or {}
    locations = artifact.get("locations") or []
    severity = (vulnerability.get("severity") or "unknown").lower()
    severity = severity if severity in SEVERITIES else "unknown"
    fixed_in = ", ".join(fix.get("versions") or []) or None
    return Finding(
        vulnerability=name, aliases=aliases, package=_short(artifact["name"]), version=_short(artifact["version"]),
        type=artifact["type"], severity=severity, fixable_severity=severity if fixed_in else None,
        fixed_in=fixed_in, state_of_fix=fix.get("state") or "unknown",
        path=_short(locations[0]["path"]) if locations else None, url=vulnerability.get("dataSource"),
        description=clean(_description(match)) or None, risk=vulnerability.get("risk"), epss=_epss(match),
        known_exploited=any(_each(match, "knownExploited")))


def _short(text: str) -> str:
    return clean(text)[:LONGEST]


def _names(own: str, related: list[str]) -> tuple[str, tuple[str, ...]]:
    """(the CVE where there is one, the other names): people know and waive vulnerabilities by their CVE."""
    names = list(dict.fromkeys([own, *related]))
    chosen = own if _is_cve(own) else min(filter(_is_cve, names), default=own)
    return chosen, tuple(name for name in names if name != chosen)


def _description(match: Match) -> str:
    return next((text for text in _each(match, "description") if text), "")


def _epss(match: Match) -> float | None:
    return next((scores[0]["epss"] for scores in _each(match, "epss") if scores), None)


def _each(match: Match, name: str) -> list:
    """A field of the vulnerability, then of those related to it."""
    return [item.get(name) for item in (match["vulnerability"], *(match.get("relatedVulnerabilities") or []))]
