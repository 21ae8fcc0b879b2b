"""Findings, waivers and the gate."""

from __future__ import annotations

from datetime import date
from itertools import permutations

import pytest

from common.wire.contracts import ScanConfig, WaiverRule
from scanner import findings as found
from scanner import gate, table
from tests.harness.rows import finding_row
from tests.unit.scanner.fakes import match

TODAY = date(2026, 11, 22)


def read(*matches):
    return found.read({"matches": list(matches)})


def judge(matches, config=None, *, people=(), packages=10):
    config = ScanConfig.model_validate(config or {})
    findings = read(*matches)
    notes = gate.waive(findings, gate.rules(config, list(people)), TODAY)
    return gate.judge(findings, packages, config, notes)


def test_a_finding_has_every_field():
    finding, = read(match(epss=0.8, exploited=True))
    assert finding.document() == {
        "vulnerability": "CVE-2026-0001", "package": "openssl", "version": "3.0.1", "type": "deb",
        "severity": "critical", "fixed_in": "3.0.2", "state_of_fix": "fixed", "path": "/var/lib/dpkg/status",
        "url": "https://x/CVE-2026-0001", "description": "it breaks", "risk": 1.5, "epss": 0.8,
        "known_exploited": True, "aliases": (), "fixable_severity": "critical",
        "waived": False, "waiver_reason": None, "change": None}


def test_people_know_vulnerabilities_by_their_cve():
    finding, = read(match("GHSA-aaaa-bbbb-cccc", related=("CVE-2026-7",)))
    assert (finding.vulnerability, finding.names) == ("CVE-2026-7", {"CVE-2026-7", "GHSA-aaaa-bbbb-cccc"})


def test_one_finding_for_each_package_and_path():
    assert len(read(match(), match(), match(path="/elsewhere"), match(package="libssl3"))) == 3


def test_worst_first():
    findings = read(match("CVE-1", severity="Low"), match("CVE-2", severity="High"),
                    match("CVE-3", severity="High", fixed=None), match("CVE-4", severity="Unknown"),
                    match("CVE-5", severity="High", exploited=True), match("CVE-6", severity="High", epss=0.5))
    assert [finding.vulnerability[-1] for finding in findings] == list("562314")


def test_a_severity_that_nobody_knows_is_unknown():
    findings = read(match(severity="Apocalyptic"), match("X", severity=""))
    assert [finding.severity for finding in findings] == ["unknown"] * 2


@pytest.mark.parametrize(("matches", "config", "passed", "reason"), [
    ([], {}, True, "no findings"),
    ([match()], {}, False, "1 critical: CVE-2026-0001 in openssl 3.0.1, fixed in 3.0.2"),
    ([match(), match("CVE-2"), match("CVE-3", severity="High")], {}, False,
     "2 critical: CVE-2 in openssl 3.0.1, fixed in 3.0.2; and 1 more"),
    ([match(), match("CVE-3", severity="High")], {"fail_on": "high"}, False,
     "1 critical, 1 high: CVE-2026-0001 in openssl 3.0.1, fixed in 3.0.2; and 1 more"),
    ([match(fixed=None)], {}, True, "1 critical; none that is critical and has a fix"),
    ([match(fixed=None)], {"only_fixed": False}, False, "1 critical: CVE-2026-0001 in openssl 3.0.1, no fix yet"),
    ([match(severity="High")], {}, True, "1 high; none that is critical and has a fix"),
    ([match(severity="Medium")], {"fail_on": "high", "only_fixed": False}, True,
     "1 medium; none that is high or worse"),
    ([match()], {"fail_on": "never"}, True, "1 critical; the gate is off (scan.fail_on: never)"),
    ([match(severity="Unknown")], {"fail_on": "negligible"}, True,
     "1 unknown; none that is negligible or worse and has a fix"),
    ([match(severity="Unknown")], {"fail_on": "unknown"}, False,
     "1 unknown: CVE-2026-0001 in openssl 3.0.1, fixed in 3.0.2"),
])
def test_the_gate(matches, config, passed, reason):
    verdict = judge(matches, config)
    assert (verdict.passed, verdict.reason) == (passed, reason)


def test_an_empty_catalogue_is_not_called_clean():
    verdict = judge([], packages=0)
    assert verdict.reason == "no packages were recognised: nothing to scan is not clean"


def waiver(until, **more):
    return WaiverRule(id="CVE-2026-0001", reason="not reachable", until=until, **more)


def test_a_waiver_holds_through_its_last_day():
    assert judge([match()], people=[waiver(TODAY)]).passed
    assert not judge([match()], people=[waiver(date(2026, 11, 21))]).passed


def test_a_waiver_that_lasts_longer_than_owners_allow_does_not_count():
    findings = read(match())
    notes = gate.waive(findings, [waiver(date(9999, 12, 31))], TODAY, last=date(2027, 11, 22))
    assert not findings[0].waived
    assert notes == {"CVE-2026-0001": "the waiver of CVE-2026-0001 does not count: it lasts until 9999-12-31, and a waiver may last until 2027-11-22"}
    assert gate.waive(findings, [waiver(date(2027, 11, 22))], TODAY, last=date(2027, 11, 22)) == {} and findings[0].waived


def test_a_waiver_of_the_file_counts_too():
    in_file = {"id": "CVE-2026-0001", "reason": "not reachable", "until": "2027-01-01"}
    assert judge([match()], {"waivers": [in_file]}).passed


def test_a_waiver_may_use_any_name_of_the_vulnerability():
    assert judge([match("GHSA-1", related=("CVE-2026-0001",))], people=[waiver(TODAY)]).passed
    assert judge([match("CVE-2", related=("CVE-2026-0001",))], people=[waiver(TODAY)]).passed


def test_a_waiver_for_one_package_leaves_the_others():
    verdict = judge([match(), match(package="libssl3")], people=[waiver(TODAY, package="openssl")])
    assert verdict.reason == "1 critical: CVE-2026-0001 in libssl3 3.0.1, fixed in 3.0.2"


def test_an_ended_waiver_is_told():
    verdict = judge([match()], people=[waiver(date(2026, 1, 31))])
    assert verdict.reason.endswith("fixed in 3.0.2; the waiver of CVE-2026-0001 ended on 2026-01-31")
    assert judge([match("CVE-9")], people=[waiver(date(2026, 1, 31))]).notes == []
    assert judge([match()], people=[waiver(date(2026, 1, 31)), waiver(TODAY)]).notes == []


def test_a_waived_finding_keeps_its_reason():
    findings = read(match())
    gate.waive(findings, [waiver(date(2027, 1, 31))], TODAY)
    assert (findings[0].waived, findings[0].waiver_reason) == (True, "not reachable (until 2027-01-31)")


def test_new_and_gone_against_the_live_image():
    findings = read(match("CVE-1", version="2.0"), match("CVE-2"))
    before = [finding_row(vulnerability="CVE-1", package="openssl", type="deb", version="1.0"),
              finding_row(vulnerability="CVE-3", package="zlib", type="deb", severity="low")]
    gone = found.mark_changes(findings, before)
    assert {finding.vulnerability: finding.change for finding in findings} == {"CVE-1": "known", "CVE-2": "new"}
    assert [item["vulnerability"] for item in gone] == ["CVE-3"]


def test_without_a_baseline_nothing_is_called_new():
    findings = read(match())
    assert found.mark_changes(findings, None) == [] and findings[0].change is None


def test_end_of_life_is_told_once():
    alert = {"type": "distro-eol", "message": "debian 10 is past its end of life"}
    assert found.alerts({"alertsByPackage": [{"alerts": [alert]}, {"alerts": [alert]}]}) == [alert["message"]]


def test_the_table_shows_the_worst_and_counts_the_rest():
    findings = read(*(match(f"CVE-2026-{number:04}", severity="Low") for number in range(25)), match("CVE-2025-1"))
    lines = table.lines(findings)
    assert lines[0].split() == ["SEVERITY", "VULNERABILITY", "PACKAGE", "VERSION", "FIXED", "IN"]
    assert lines[1].split() == ["critical", "CVE-2025-1", "openssl", "3.0.1", "3.0.2"]
    assert lines[-1] == "… and 6 more findings"
    assert table.lines([]) == []


# ---- several advisories for one vulnerability in one package ----

GHSA = match("GHSA-aaaa", related=("CVE-2025-1",), fixed="12.0.7")
GO = match("GO-2025-1", related=("CVE-2025-1", "GHSA-aaaa"), fixed=None)
GO_HIGH = match("GO-2025-1", related=("CVE-2025-1", "GHSA-aaaa"), fixed=None, severity="High")


@pytest.mark.parametrize("matches", list(permutations([GHSA, GO, GO_HIGH, match("CVE-2025-1", severity="Low",
                                                                              exploited=True, fixed="11.9")])))
def test_advisories_of_one_vulnerability_are_merged_whatever_their_order(matches):
    finding, = read(*matches)
    assert (finding.vulnerability, finding.severity, finding.fixable_severity) == ("CVE-2025-1", "critical", "critical")
    assert set(finding.fixed_in.split(", ")) == {"12.0.7", "11.9"} and finding.state_of_fix == "fixed"
    assert finding.names == {"CVE-2025-1", "GHSA-aaaa", "GO-2025-1"} and finding.known_exploited
    assert finding == read(GHSA, GO, GO_HIGH, match("CVE-2025-1", severity="Low", exploited=True, fixed="11.9"))[0]


@pytest.mark.parametrize("matches", [(GHSA, GO), (GO, GHSA), (GO_HIGH, GHSA)])
def test_the_gate_fails_on_a_fix_that_any_advisory_names(matches):
    assert not judge(matches).passed


@pytest.mark.parametrize("matches", list(permutations([
    match("GHSA-g", related=("CVE-2025-3",), severity="High", fixed="2.0.0"),
    match("GHSA-j", related=("CVE-2025-3",), severity="Critical", fixed=None)])))
def test_the_gate_ignores_the_severity_of_an_advisory_without_a_fix_as_grype_does(matches):
    assert judge(matches).passed
    assert not judge(matches, {"fail_on": "high"}).passed
    assert not judge(matches, {"only_fixed": False}).passed
    assert read(*matches)[0].severity == "critical"


def test_a_waiver_by_any_alias_counts():
    waiver = WaiverRule(id="GHSA-aaaa", reason="not reachable", until=TODAY, source="person")
    assert judge([GO, GHSA], people=[waiver]).passed


def test_different_cves_that_one_advisory_covers_stay_apart():
    findings = read(match("ALAS-1", related=("CVE-1", "CVE-2")), match("CVE-1"), match("CVE-2"))
    assert sorted(finding.vulnerability for finding in findings) == ["CVE-1", "CVE-2"]


@pytest.mark.parametrize("matches", list(permutations([match("GO-9", related=("GHSA-z",), fixed=None),
                                                       match("GHSA-z")])))
def test_advisories_without_a_cve_are_merged_by_their_shared_names(matches):
    finding, = read(*matches)
    assert finding.names == {"GO-9", "GHSA-z"} and finding.fixed_in
