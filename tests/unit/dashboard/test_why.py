"""The box that says why a run failed: one stage, its reason once, then what decided."""

import re
from html import unescape

import pytest

TRACE = ["Traceback (most recent call last):", "  File \"app.py\", line 3", "KeyError: 'DATABASE_URL'"]
SENTENCE = "the app exited 1 after 0.6 s: it may miss the environment variable DATABASE_URL"
CRASH = f"{SENTENCE}; its last lines:\n" + "\n".join(TRACE)
FAILING = [{"vulnerability": f"CVE-2026-{number}", "severity": "high", "package": "openssl", "version": "3.0.1",
            "fixed_in": "3.0.2" if number else None} for number in range(7)]


@pytest.fixture
def failed(people, world):
    """failed(reason, **jobs): the page's box, as (its text without markup, its HTML). `jobs`: stage -> its values, the one
    that decided first."""
    def make(reason, **jobs):
        decided = [stage for stage, values in jobs.items() if values.get("state", "failure") == "failure"]
        run = world.add_run(people.repo["id"], "failure", reason=reason, params={"stage": decided[0]} if decided else {})
        for stage, values in jobs.items():
            world.add_job(run["id"], stage, **{"state": "failure", **values})
            if "tests" in values:
                world.tests[run["id"]] = {"cases": values["tests"]}
        page = people.browser("ros").get(f"/runs/{run['id']}").text
        box = re.search(r'<section class="why".*?</section>', page, re.S)[0]
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", box)).split()), box
    return make


def test_a_traceback_is_there_once(failed):
    text, box = failed(f"deploy: {CRASH}", deploy={"reason": CRASH, "lines": [*TRACE, f"failure: {SENTENCE}; its last lines:", *TRACE]})
    assert [text.count(part) for part in (SENTENCE, *(" ".join(line.split()) for line in TRACE))] == [1, 1, 1, 1]
    assert text.startswith("deploy failed: ") and "its last lines" not in text


def test_the_findings_that_failed_the_gate_come_first_and_the_rest_is_a_link(failed):
    gate = {"passed": False, "failing": FAILING, "failing_total": 31}
    text, box = failed("scan: 31 high: CVE-2026-0 in openssl 3.0.1; and 30 more",
                       scan={"reason": "31 high", "outputs": {"gate": gate}, "lines": ["a table of all findings"]},
                       deploy={"reason": CRASH, "lines": TRACE})
    shown = [name for name in re.findall(r"<b>(CVE-2026-[0-9]+)</b>", box)]
    assert shown == [f"CVE-2026-{number}" for number in range(5)] and "no fix yet" in text and "fixed in 3.0.2" in text
    assert "and 26 more" in text and re.search(r'<a href="/runs/[0-9]+/findings">and 26 more</a>', box)
    assert text.startswith("scan failed: ") and "a table of all findings" not in text
    assert text.count(SENTENCE) == 1 and f"deploy failed too: {SENTENCE}" in text


def test_failed_tests_are_named_with_their_line(failed):
    cases = [{"suite": "pytest", "name": f"test_{number}", "state": "failure" if number < 7 else "success",
              "message": f"assert 3 == 4{number}\nand a diff", "log_line": 40 + number} for number in range(9)]
    text, box = failed("test: 7 of 9 tests failed: test_0 failed: assert 3 == 40",
                       test={"reason": "7 of 9 tests failed: test_0 failed: assert 3 == 40", "tests": cases, "params": {"case": "test_0"}})
    assert text.count("assert 3 == 40") == text.count("assert 3 == 41") == 1 and "a diff" not in text and "test_8" not in text
    assert re.search(r'href="/runs/[0-9]+/test.1[?]line=40">40</a>', box) and "and 2 more" in text


def test_where_only_the_log_knows_more_its_last_lines_are_shown_without_the_reason(failed):
    reason = "`RUN make` failed with exit code 2 (Dockerfile, line 4)"
    text, _ = failed(f"build: {reason}", build={"reason": reason, "params": {"line": 2},
                                                "lines": ["cc: no such file", f"failure: {reason}"]})
    assert "cc: no such file" in text and text.count(reason) == 1


def test_the_stage_that_the_reason_names_is_the_one_that_decided(failed):
    text, _ = failed("scan: 1 critical: CVE-1", scan={"reason": "1 critical: CVE-1"}, deploy={"reason": "port 8443 speaks TLS"})
    assert text.startswith("scan failed: 1 critical") and "deploy failed too: port 8443 speaks TLS" in text


def test_a_run_that_crashed_after_it_went_live_has_no_failed_stage(failed):
    text, _ = failed(f"crashed 4 s after going live; its last lines:\n{TRACE[-1]}", promote={"state": "success"})
    assert text == f"crashed 4 s after going live {TRACE[-1]}"
