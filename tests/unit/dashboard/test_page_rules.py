"""Small rules of the pages: what a title names, what tabs count, how a sparkline is scaled."""

import json
import re
from types import SimpleNamespace

import pytest

from dashboard.api.answers import Job, RunDetail, Stats
from dashboard.pages.deployments import HEIGHT, WIDTH, spark
from dashboard.pages.filters import counted, linked, now_of
from dashboard.pages.repo import ring
from dashboard.pages.run import counts, headline, waited
from dashboard.pages.why import deciding

CREATED = "2026-11-22T21:00:00Z"
START = 1795381200000      # the same moment in ms


def run(state="running", **jobs: str):
    """A run with a job in each named stage; each began and ended a second after the other."""
    made = [Job(stage=stage, attempt=1, state=state_, started=START + 1000 * number, ended=START + 1000 * (number + 1))
            for number, (stage, state_) in enumerate(jobs.items(), 1)]
    return RunDetail(id=1, repo=1, kind="full", state=state, created=CREATED, jobs=made)


@pytest.mark.parametrize("found, wanted", [
    (run("failure", build="success", test="failure"), "test"), (run(build="running"), "build"),
    (run(build="success", scan="running", deploy="running"), "deploy"), (run("success", build="success"), "full")])
def test_the_title_names_the_stage_that_matters(found, wanted):
    assert headline(found, deciding(found)) == wanted


def test_a_job_waited_since_what_came_before_it():
    found = run(build="success", test="success")
    assert waited(found, found.jobs[0]) == 1.0      # since the run was made
    assert waited(found, found.jobs[1]) == 0.0      # since the build ended


def test_tabs_count_what_is_worth_a_look():
    stage = lambda **outputs: SimpleNamespace(outputs=outputs)      # noqa: E731
    assert counts({"scan": stage(new=3), "test": stage(passed=7, failed=1)}) == {"findings": "3 new", "tests": "7/8"}
    assert counts({"scan": stage(new=0), "test": None}) == {}


def test_the_rail_shows_the_progress_bar_of_the_step_that_runs():
    steps = [{"number": 1, "state": "success"}, {"number": 2, "state": "running", "now": "50%"}, {"number": 3, "state": "running"}]
    assert now_of(Job(stage="build", attempt=1, state="running", steps=steps)) == "50%"
    assert now_of(Job(stage="build", attempt=1, state="running", steps=steps[:1])) == ""


def test_runs_in_a_reason_are_links_and_the_rest_is_text():
    assert linked("superseded by run 12") == 'superseded by <a href="/runs/12">run 12</a>'
    assert linked("<img> prune 3") == "&lt;img&gt; prune 3"


def test_a_sparkline_fits_its_box_and_does_not_blow_up_noise():
    quiet = [float(point.split(",")[1]) for point in spark([0.0, 0.001], 0.1).split()]
    busy = [tuple(map(float, point.split(","))) for point in spark([0, 4, 8], 0.1).split()]
    assert max(quiet) - min(quiet) < 1
    assert busy[0] == (0, HEIGHT - 1) and busy[-1][0] == WIDTH and 0 <= busy[-1][1] < HEIGHT / 2
    assert spark([1.0], 0.1) == ""


def test_failure_in_the_ring_includes_error_and_the_arcs_close_it():
    drawn = ring(Stats(success=6, failure=1, error=1, waiting=2))
    assert drawn["counts"]["failed"] == 2 and drawn["total"] == 10
    assert sum(arc["length"] for arc in drawn["arcs"]) == pytest.approx(drawn["around"])


def test_progress_is_told_where_there_is_some():
    assert counted({"done": 3, "total": 9}) == "3/9"
    assert counted(None) == counted({"done": 0, "total": 0}) == ""


def test_findings_name_the_run_that_they_are_compared_with(people, world):
    number = world.add_run(people.repo["id"])["id"]
    world.findings[number] = {"findings": []}
    world.add_job(number, "scan", outputs={"new": 3, "gone": 5, "against": 7, "gate": {"passed": True, "reason": ""}})
    told = people.browser("ann").get(f"/runs/{number}/findings").text
    assert 'new 3 · gone 5 against live <a href="/runs/7/findings">7</a>' in told


def test_every_page_of_a_scan_says_that_it_had_not_the_full_database(people, world):
    gate = {"passed": True, "reason": "no findings", "code": "no_full_database", "caveat": "no full database"}
    number = world.add_run(people.repo["id"])["id"]
    world.findings[number] = {"findings": []}
    world.add_job(number, "scan", state="success", reason="passed, but not in full", code="no_full_database",
                  outputs={"gate": gate, "database": {"notice": "This is not the full vulnerability database."}})
    pages = people.browser("ann")
    findings, run, repo = (pages.get(path).text for path in (f"/runs/{number}/findings", f"/runs/{number}", f"/repos/local/{people.repo['owner']}/{people.repo['name']}"))
    assert "Gate: passed, no full database" in findings and "This is not the full vulnerability database." in findings
    assert '<span class="caveat" title="Passed, but not in full.">no full database</span>' in run
    assert 'title="scan success, no full database: its log"' in repo


def test_a_gate_that_failed_shows_it_too(people, world):
    number = world.add_run(people.repo["id"], "failure")["id"]
    world.findings[number] = {"findings": []}
    world.add_job(number, "scan", state="failure", outputs={"gate": {"passed": False, "reason": "", "caveat": "no full database"}})
    assert "Gate: failure, no full database" in people.browser("ann").get(f"/runs/{number}/findings").text


def test_scripts_read_the_states_from_the_page(people):
    """Signed out too, and where nothing was found: every page loads the scripts."""
    for answer in (people.browser().get("/signin"), people.browser("ros").get("/repos"), people.browser("ros").get("/nothing")):
        [told] = re.findall(r"<body[^>]* data-states='([^']+)'>", answer.text)
        assert json.loads(told) == {
            "over": ["success", "failure", "error", "canceled", "skipped"], "failed": ["failure", "error"],
            "ranked": ["failure", "error", "running", "canceled", "success"],
            "signs": {"pending": "◷", "running": "◐", "success": "✓", "failure": "✕", "error": "!", "canceled": "⊘", "skipped": "»"}}
