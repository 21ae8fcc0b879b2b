"""Advisories as people write them, in TOML, and as the writer takes them.

A table array an ecosystem: deb, apk, rpm, python, npm, go, java, ruby. One entry is one vulnerability in one
package:

    [[python]]
    id = "GHSA-8q59-q68h-6hv4"                       # CVE-… or GHSA-…
    cve = "CVE-2020-14343"                           # the alias, where the id is no CVE
    package = "pyyaml"                               # java: group:artifact; deb and apk: the source package
    affected = {"<5.4" = "5.4"}                      # range -> version that fixes it, "" where none does
    severity = "critical"                            # critical, high, medium, low, negligible
    cvss = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"     # optional
    published = 2021-03-25
    text = "What goes wrong."

A distribution's package has `fixed` in place of `affected`: release -> version, and may have `since`, the
first version that has the fault: fixed = {"debian:12" = "2.36-9+deb12u3"}. `url` overrides the page.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from .releases import AdvisoryError, Release, parse_release

STANDIN = Path(__file__).with_name("advisories.toml")
SEVERITIES = ("critical", "high", "medium", "low", "negligible")
# ecosystem -> (type of package as Syft names it, format of its versions as Grype names it)
FORMATS: dict[str, tuple[str, str]] = {
    "deb": ("deb", "dpkg"), "apk": ("apk", "apk"), "rpm": ("rpm", "rpm"), "python": ("python", "python"),
    "npm": ("npm", "npm"), "go": ("go-module", "go"), "java": ("java-archive", "maven"), "ruby": ("gem", "gem"),
}
DISTRIBUTION_ECOSYSTEMS = ("deb", "apk", "rpm")
REQUIRED = ("id", "package", "severity", "published", "text")
OPTIONAL = ("cve", "cvss", "url", "since")
COMPARISON = re.compile(r"(<=|>=|<|>|=)[0-9A-Za-z][^\s<>=,|()]*")


@dataclass(frozen=True)
class Range:
    constraint: str         # Grype's grammar: comparisons joined by "," (and) and "||" (or); "" is every version
    fixed: str              # "" where no version fixes it


@dataclass(frozen=True)
class Advisory:
    id: str
    ecosystem: str
    package: str
    ranges: tuple[Range, ...]
    severity: str
    published: date
    description: str
    url: str
    cve: str = ""
    cvss: str = ""
    release: Release | None = None


@dataclass(frozen=True)
class AdvisorySet:
    advisories: list[Advisory]
    facts: datetime | None          # when the facts were gathered: the build time of the stand-in


def load(path: Path = STANDIN) -> AdvisorySet:
    """Read a file of advisories. Raises AdvisoryError, which names the entry."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise AdvisoryError(f"{path.name}: {problem}") from problem
    facts = document.pop("facts", None)
    found = [advisory for ecosystem, entries in document.items() for number, entry in enumerate(entries, 1)
             for advisory in _named(entry, ecosystem, f"{path.name}: [[{ecosystem}]] number {number}")]
    return AdvisorySet(found, facts)


def _named(entry: dict, ecosystem: str, place: str) -> list[Advisory]:
    try:
        return parse(entry, ecosystem)
    except AdvisoryError as problem:
        raise AdvisoryError(f"{place} ({entry.get('id', 'no id')}): {problem}") from None


def parse(entry: dict, ecosystem: str) -> list[Advisory]:
    """One entry is one advisory a release for distributions, and one for languages. Raises AdvisoryError."""
    _check(entry, ecosystem)
    common = {"id": entry["id"], "ecosystem": ecosystem, "package": _package(entry["package"], ecosystem),
              "severity": entry["severity"], "published": entry["published"], "description": entry["text"],
              "cve": entry.get("cve", ""), "cvss": entry.get("cvss", "")}
    if ecosystem not in DISTRIBUTION_ECOSYSTEMS:
        ranges = tuple(Range(_constraint(text), fixed) for text, fixed in entry["affected"].items())
        return [Advisory(ranges=ranges, url=entry.get("url") or page(entry["id"]), **common)]
    return [Advisory(ranges=(_distribution_range(entry, fixed),), release=parse_release(release),
                     url=entry.get("url") or page(entry["id"], release), **common)
            for release, fixed in entry["fixed"].items()]


def _check(entry: dict, ecosystem: str) -> None:
    if ecosystem not in FORMATS:
        raise AdvisoryError(f"ecosystem {ecosystem!r} is not one of {', '.join(FORMATS)}")
    where = "fixed" if ecosystem in DISTRIBUTION_ECOSYSTEMS else "affected"
    if missing := [key for key in (*REQUIRED, where) if not entry.get(key)]:
        raise AdvisoryError(f"lacks {', '.join(missing)}")
    if unknown := sorted(set(entry) - {*REQUIRED, *OPTIONAL, where}):
        raise AdvisoryError(f"has unknown {', '.join(unknown)}")
    if entry["severity"] not in SEVERITIES:
        raise AdvisoryError(f"severity {entry['severity']!r} is not one of {', '.join(SEVERITIES)}")
    if ecosystem == "java" and ":" not in entry["package"]:
        raise AdvisoryError("a Java package is written group:artifact")


def _constraint(text: str) -> str:
    compact = re.sub(r"\s+", "", text)
    for part in re.split(r",|\|\|", compact) if compact else ():
        if not COMPARISON.fullmatch(part):
            raise AdvisoryError(f"range {text!r}: {part!r} is no comparison (<, <=, >, >=, = and a version)")
    return compact


def _distribution_range(entry: dict, fixed: str) -> Range:
    bounds = [f">= {entry['since']}"] if "since" in entry else []
    return Range(", ".join([*bounds, f"< {fixed}"]) if fixed else ", ".join(bounds), fixed)


def _package(name: str, ecosystem: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower() if ecosystem == "python" else name


def page(identifier: str, release: str = "") -> str:
    """Where people read about it."""
    if release.startswith("debian:"):
        return f"https://security-tracker.debian.org/tracker/{identifier}"
    site = "https://github.com/advisories/" if identifier.startswith("GHSA-") else "https://nvd.nist.gov/vuln/detail/"
    return site + identifier
