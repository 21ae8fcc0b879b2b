"""Grype's matches as findings: the fields that dbproxy stores, the same for every ecosystem."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from common.lines import clean

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


def read(report: dict) -> list[Finding]:
    """The findings of Grype's JSON, worst first; one for each vulnerability, package, version and path."""
    found = {}
    for match in report["matches"]:
        finding = _finding(match)
        found.setdefault((finding.identity, finding.version, finding.path), finding)
    return sorted(found.values(), key=order)


def order(finding: Finding) -> tuple:
    """Worst first: severity, then what is exploited, can be fixed, and is probable."""
    return (SEVERITIES.index(finding.severity), not finding.known_exploited, finding.fixed_in is None,
            -(finding.epss or 0), finding.vulnerability, finding.package, finding.path or "")


def mark_changes(findings: list[Finding], baseline: list[dict] | None) -> list[dict]:
    """Say of each finding whether it is new against `baseline`; what of that is gone. None: nothing to compare."""
    if baseline is None:
        return []
    before = {(item["vulnerability"], item["package"], item["type"]): item for item in baseline}
    for finding in findings:
        finding.change = "known" if finding.identity in before else "new"
    now = {finding.identity for finding in findings}
    return [{name: item.get(name) for name in ("vulnerability", "package", "version", "type", "severity", "fixed_in")}
            for identity, item in before.items() if identity not in now]


def alerts(report: dict) -> list[str]:
    """What Grype says of packages beside matches, such as a distribution past its end of life; each sentence once."""
    entries = report.get("alertsByPackage") or []
    told = {alert.get("message") for entry in entries for alert in entry.get("alerts") or []}
    return sorted(clean(message) for message in told if message)


def _finding(match: dict) -> Finding:
    vulnerability, artifact = match["vulnerability"], match["artifact"]
    name, aliases = _names(vulnerability["id"], [item["id"] for item in match.get("relatedVulnerabilities") or []])
    fix = vulnerability.get("fix") or {}
    locations = artifact.get("locations") or []
    severity = (vulnerability.get("severity") or "unknown").lower()
    return Finding(
        vulnerability=name, aliases=aliases, package=clean(artifact["name"]), version=clean(artifact["version"]),
        type=artifact["type"], severity=severity if severity in SEVERITIES else "unknown",
        fixed_in=", ".join(fix.get("versions") or []) or None, state_of_fix=fix.get("state") or "unknown",
        path=clean(locations[0]["path"]) if locations else None, url=vulnerability.get("dataSource"),
        description=clean(_description(match)) or None, risk=vulnerability.get("risk"), epss=_epss(match),
        known_exploited=any(_each(match, "knownExploited")))


def _names(own: str, related: list[str]) -> tuple[str, tuple[str, ...]]:
    """(the CVE where there is one, the other names): people know and waive vulnerabilities by their CVE."""
    names = list(dict.fromkeys([own, *related]))
    chosen = next((name for name in names if name.startswith("CVE-")), own)
    return chosen, tuple(name for name in names if name != chosen)


def _description(match: dict) -> str:
    return next((text for text in _each(match, "description") if text), "")


def _epss(match: dict) -> float | None:
    return next((scores[0]["epss"] for scores in _each(match, "epss") if scores), None)


def _each(match: dict, name: str) -> list:
    """A field of the vulnerability, then of those related to it."""
    return [item.get(name) for item in (match["vulnerability"], *(match.get("relatedVulnerabilities") or []))]
