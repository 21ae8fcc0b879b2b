"""Advisories as people write them: what is read, what is refused, and the stand-in itself."""

import re

import pytest

from images.grype_database.advisories import Range, load, page, parse
from images.grype_database.releases import AdvisoryError


@pytest.fixture(scope="module")
def standin():
    return load()


def test_a_language_entry(entry):
    advisory, = parse(entry | {"affected": {">= 2.0, < 2.1": "2.1", "<1.0": ""}}, "python")
    assert advisory.package == "pyyaml"
    assert advisory.ranges == (Range(">=2.0,<2.1", "2.1"), Range("<1.0", ""))
    assert advisory.url == "https://github.com/advisories/GHSA-8q59-q68h-6hv4"
    assert advisory.release is None


def test_a_distribution_entry_is_one_advisory_a_release(entry):
    del entry["affected"]
    entry |= {"fixed": {"debian:12": "1.2-3", "debian:unstable": "1.3-1"}, "since": "1.1"}
    bookworm, sid = parse(entry, "deb")
    assert (bookworm.release.codename, bookworm.ranges) == ("bookworm", (Range(">= 1.1, < 1.2-3", "1.2-3"),))
    assert (sid.release.label_version, sid.ranges) == ("unstable", (Range(">= 1.1, < 1.3-1", "1.3-1"),))


def test_an_unfixed_distribution_entry_covers_every_version(entry):
    del entry["affected"]
    advisory, = parse(entry | {"fixed": {"alpine:3.18": ""}}, "apk")
    assert advisory.ranges == (Range("", ""),)


@pytest.mark.parametrize(("change", "message"), [
    ({"affected": {"^1.0": "1.1"}}, r"range '\^1\.0': '\^1\.0' is no comparison"),
    ({"affected": {"<1.0,!=0.9": "1.0"}}, "'!=0.9' is no comparison"),
    ({"severity": "moderate"}, "severity 'moderate' is not one of critical, high"),
    ({"text": ""}, "lacks text"),
    ({"affects": {}}, "has unknown affects"),
])
def test_a_wrong_entry_is_refused(entry, change, message):
    with pytest.raises(AdvisoryError, match=message):
        parse(entry | change, "python")


def test_other_ecosystems_and_bare_java_names_are_refused(entry):
    with pytest.raises(AdvisoryError, match="ecosystem 'rust' is not one of deb"):
        parse(entry, "rust")
    with pytest.raises(AdvisoryError, match="group:artifact"):
        parse(entry | {"package": "log4j-core"}, "java")


def test_a_wrong_file_names_the_entry(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text('[[npm]]\nid = "CVE-2020-1"\n')
    with pytest.raises(AdvisoryError, match=r"own\.toml: \[\[npm\]\] number 1 \(CVE-2020-1\): lacks package"):
        load(path)
    path.write_text("[[npm")
    with pytest.raises(AdvisoryError, match=r"own\.toml: "):
        load(path)
    with pytest.raises(AdvisoryError, match=r"none\.toml: .*No such file"):
        load(tmp_path / "none.toml")


def test_pages():
    assert page("CVE-2023-4911", "debian:12") == "https://security-tracker.debian.org/tracker/CVE-2023-4911"
    assert page("CVE-2023-5363", "alpine:3.18") == "https://nvd.nist.gov/vuln/detail/CVE-2023-5363"


def test_the_standin_set_is_broad(standin):
    counts = {}
    for advisory in standin.advisories:
        counts.setdefault(advisory.ecosystem, set()).add(advisory.id)
    assert sum(map(len, counts.values())) >= 60
    assert all(len(counts[ecosystem]) >= 10 for ecosystem in ("deb", "python", "npm", "go"))
    critical = {item.ecosystem for item in standin.advisories if item.severity == "critical"}
    assert critical >= {"deb", "python", "npm", "go", "java"}


def test_the_standin_set_is_consistent(standin):
    keys = [(item.id, item.ecosystem, item.package, item.release) for item in standin.advisories]
    assert len(keys) == len(set(keys))
    for item in standin.advisories:
        assert re.fullmatch(r"CVE-\d{4}-\d{4,}|GHSA(-[23456789cfghjmpqrvwx]{4}){3}", item.id), item.id
        assert re.fullmatch(r"(CVE-\d{4}-\d{4,})?", item.cve), item.id
        assert item.published < standin.facts.date(), item.id
        assert re.fullmatch(r"(CVSS:3\.[01](/[A-Z]+:[A-Z]){8})?", item.cvss), item.id
        assert item.description.endswith("."), item.id
        assert all(one.fixed and one.constraint.endswith(("<" + one.fixed, "< " + one.fixed)) for one in item.ranges
                   if one.fixed and "<=" not in one.constraint and "<" in one.constraint), item.id


@pytest.mark.parametrize(("vector", "score"), [
    ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0), ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8),
    ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:N/I:N/A:H", 6.5), ("CVSS:3.1/AV:L/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 9.3)])
def test_the_score_below(vector, score):
    assert base_score(vector) == score


def test_severities_fit_the_scores(standin):
    for item in standin.advisories:
        if item.cvss:
            score = base_score(item.cvss)
            word = next(word for limit, word in ((9, "critical"), (7, "high"), (4, "medium"), (0, "low")) if score >= limit)
            assert item.severity == word, (item.id, score)


WEIGHTS = {"AV": {"N": .85, "A": .62, "L": .55, "P": .2}, "AC": {"L": .77, "H": .44}, "UI": {"N": .85, "R": .62},
           "C": {"H": .56, "L": .22, "N": 0}}


def base_score(vector):
    """CVSS 3.1 specification, section 7.1."""
    told = dict(part.split(":") for part in vector.split("/")[1:])
    changed = told["S"] == "C"
    rights = {"N": .85, "L": .68 if changed else .62, "H": .5 if changed else .27}[told["PR"]]
    loss = 1 - (1 - WEIGHTS["C"][told["C"]]) * (1 - WEIGHTS["C"][told["I"]]) * (1 - WEIGHTS["C"][told["A"]])
    impact = 7.52 * (loss - .029) - 3.25 * (loss - .02) ** 15 if changed else 6.42 * loss
    ease = 8.22 * WEIGHTS["AV"][told["AV"]] * WEIGHTS["AC"][told["AC"]] * rights * WEIGHTS["UI"][told["UI"]]
    whole = round(min((1.08 if changed else 1) * (impact + ease), 10) * 100_000)
    return 0 if impact <= 0 else (whole // 10_000 + (whole % 10_000 > 0)) / 10
