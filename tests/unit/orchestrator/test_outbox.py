"""Reports of runs as they reach a forge: each channel's words, and what becomes of a report that is not taken."""

import pytest

from common.wire.errors import BadRequest, ServiceDown, Unavailable
from dbproxy.reports.rules import LASTS
from forges import LocalForge, Unsupported
from forges.github.problems import RateLimited
from orchestrator.background.threads import Threads
from orchestrator.outbox import Outbox, formatting
from orchestrator.outbox.annotations import Whereabouts
from orchestrator.outbox.channels import CHANNELS
from orchestrator.outbox.report import Report
from tests.harness.rows import findings_page, report_of_tests
from tests.unit.orchestrator.fakes import DIGEST
from tests.unit.orchestrator.hub import NEXT, HubWorld
from tests.unit.orchestrator.on_github import report_of, send_all

FINDING = {"vulnerability": "CVE-2026-1", "package": "openssl", "version": "3.0", "severity": "critical", "fixed_in": "3.1",
           "waived": False, "change": "new", "path": "requirements.txt"}
FINDINGS = {"items": [FINDING], "summary": {"total": 4, "fixable": 2, "new": 1, "gone": 1}, "gone": [{"vulnerability": "CVE-9"}]}
CASE = {"suite": "pytest", "name": "test_hello", "state": "failure", "message": "said @eve <b>", "file": "test_app.py",
        "line": 12}
TESTS = {"cases": [CASE, {**CASE, "name": "fine", "state": "success"}]}


def report(**fields):
    return Report(**{"id": 1, "channel": "status", "repo": 1, "forge": "github", "run": 1, "event": "push", "ref": "main",
                     "commit": NEXT, "stage": "", "state": "success", "reason": "", "attempts": 1, "known": None,
                     "tried": False, "age": 0, "url": "https://ci.example.org/runs/1", **fields})


class Told(HubWorld):
    def __init__(self):
        super().__init__()
        self.now = 0.0
        self.db.report_clock = lambda: self.now
        self.outbox = self.outbox_of({"github": self.hub})

    def outbox_of(self, forges):
        return Outbox(self.db.api, [channel(self.db.api, forges) for channel in CHANNELS], "https://ci.example.org/", Threads())

    def new(self, event="push", **fields):
        return self.db.runs[self.db.new_run(event=event, **fields)]

    def stage(self, run, stage, state, reason="", attempt=1):
        self.db.put(f"/v1/runs/{run['id']}/jobs/{stage}.{attempt}", {"fence": run["fence"], "state": state, "reason": reason})

    def end(self, run, state, reason=""):
        self.db.patch(f"/v1/runs/{run['id']}", {"fence": run["fence"], "state": state, "reason": reason})

    def send(self):
        send_all(self.db, self.outbox)
        return self.hub.told

    def states(self):
        return [(row["state"], row["outcome"]) for row in self.db.reports.values()]


@pytest.fixture
def world():
    return Told()


def contexts(told):
    return [words[1:] for words in told if words[0] == "status"]


def test_one_status_in_all_and_one_a_stage_in_their_order(world):
    run = world.new()
    world.stage(run, "build", "running")
    world.stage(run, "build", "success", "built")
    world.stage(run, "test", "failure", "1 of 2 failed")
    world.stage(run, "promote", "skipped", "not begun")
    world.end(run, "failure", "test: 1 of 2 failed")
    assert contexts(world.send()) == [("continuum/build", "success"), ("continuum/test", "failure"), ("continuum", "failure")]


def test_a_stage_that_lasts_is_shown_while_it_runs(world):
    world.stage(world.new(), "build", "running")
    assert contexts(world.send()) == []
    world.now = LASTS
    assert contexts(world.send()) == [("continuum/build", "pending")]


def test_a_status_says_why_and_leads_to_the_run(world):
    status = formatting.status(report(stage="scan", state="canceled", reason="canceled\nby ann " + "x" * 300))
    assert (status.state, status.context, status.url) == ("error", "continuum/scan", "https://ci.example.org/runs/1")
    assert status.description.startswith("canceled by ann x") and len(status.description) == 140


def deployed(world, run, url="http://hello.localhost:8080"):
    number = world.db.create_deployment({"run": run["id"], "fence": 0, "repo": 1, "environment": "x", "digest": DIGEST})["id"]
    world.db.deployments[number]["url"] = url


@pytest.mark.parametrize("event, environment, state, told", [
    ("push", "production", "success", "success"), ("push", "production", "failure", "failure"),
    ("pull_request", "preview", "success", "inactive"), ("push", "production", "canceled", "inactive"),
    ("push", "production", "error", "error")])
def test_a_deployment_is_begun_once_and_ends_once(world, event, environment, state, told):
    run = world.new(event, ref="refs/pull/7/head")
    world.db.pulls[1, 7] = {"head_commit": "other", "comment": None, "approvals": []}
    world.stage(run, "deploy", "running")
    world.send()
    deployed(world, run)
    world.end(run, state, "over")
    found = [words[1:] for words in world.send() if words[0] == "deployment"]
    assert found == [(environment,), ("1", told, "http://hello.localhost:8080")]


def test_a_deployment_whose_answer_was_lost_is_looked_for(world):
    run = world.new()
    world.hub.problem = Unavailable("no answer")
    world.stage(run, "deploy", "running")
    world.send()
    world.hub.problem, world.now = None, 10
    world.send()
    assert world.hub.looked == [False, True]


def test_a_deployment_is_looked_for_too_where_a_report_took_the_place_of_the_one_that_was_lost(world):
    run = world.new()
    world.hub.problem = Unavailable("no answer")
    world.stage(run, "deploy", "running")
    world.send()
    world.end(run, "failure")
    world.hub.problem, world.now = None, 10
    world.send()
    assert world.hub.looked == [False, True]


def test_what_was_tried_before_is_looked_for_before_it_is_made_again(world, monkeypatch):
    looked = []
    monkeypatch.setattr(world.hub, "set_status", lambda *_, again: looked.append(again))
    monkeypatch.setattr(world.hub, "set_check", lambda *_, again: looked.append(again) or "7")
    run = world.new()
    world.end(run, "success")
    for row in world.db.api.reports.claim("killed", 9):
        world.outbox.send(report_of(row))
        world.outbox.send(report_of(row.model_copy(update={"attempts": 2})))
    assert looked == [False, True, False, True]


def test_a_run_that_put_nothing_anywhere_tells_of_no_deployment(world):
    world.end(world.new(), "failure", "build: exit 1")
    assert [words for words in world.send() if words[0] == "deployment"] == []


def test_a_pull_request_has_one_comment_that_is_changed_in_place(world):
    world.db.pulls[1, 7] = {"head_commit": NEXT, "comment": None, "approvals": []}
    run = world.new("pull_request", ref="refs/pull/7/head", commit=NEXT)
    world.db.found = {(run["id"], "findings"): FINDINGS, (run["id"], "tests"): TESTS}
    world.end(run, "failure", "test: 1 of 2 failed")
    (comment,) = [words for words in world.send() if words[0] == "comment"]
    assert comment[1] == 7 and "CVE-2026-1" in comment[2] and "test\\_hello" in comment[2]
    kept = world.db.pulls[1, 7]["comment"]
    world.launcher.retry(run["id"], "ann")
    world.end(run, "success", "all stages passed")
    world.send()
    assert kept and world.db.pulls[1, 7]["comment"] == kept


def test_a_comment_about_a_commit_that_was_left_behind_is_not_written(world):
    world.db.pulls[1, 7] = {"head_commit": NEXT, "comment": None, "approvals": []}
    world.end(world.new("pull_request", ref="refs/pull/7/head", commit="f" * 40), "success")
    assert [words for words in world.send() if words[0] == "comment"] == []


def test_a_comment_mentions_nobody_and_opens_no_tag():
    failed = report(state="failure", reason="test: @ann <img onerror=x> [a](b)\n# big")
    text = formatting.comment(7, failed, findings_page(**FINDINGS), report_of_tests(**TESTS))
    assert text.splitlines()[0] == "<!-- continuum: pull request 7 -->"
    assert "@ann" not in text and "@eve" not in text and "<img" not in text.replace("\\<img", "") and "\n# " not in text
    assert "4 findings, 1 new, 1 gone, 2 with a fix" in text and "2 ran, 1 failed" in text and "CVE-9" in text


def test_a_comment_says_that_the_scan_had_not_the_full_database():
    text = formatting.comment(7, report(state="success"), findings_page(**FINDINGS, caveat="no full database"), None)
    assert "**Scan** (no full database): " in text


def test_a_long_list_is_cut_and_says_so():
    text = formatting.comment(7, report(state="failure"), None, report_of_tests(cases=[CASE] * 12))
    assert "and 2 more" in text


def test_a_check_has_annotations_where_file_and_line_are_known():
    image = {**FINDING, "path": "/usr/lib/openssl"}
    found = findings_page(**{**FINDINGS, "items": [FINDING, image, {**FINDING, "change": "known"}]})
    tests = report_of_tests(cases=[CASE, {**CASE, "file": None}, {**CASE, "file": "../../etc/shadow"}])
    check = formatting.check(report(state="canceled"), found, tests,
                        Whereabouts(lambda path: None, None).of)
    assert check.conclusion == "cancelled"
    assert [(item.path, item.line, item.level) for item in check.annotations] == [
        ("test_app.py", 12, "failure"), ("requirements.txt", 1, "warning")]


def test_a_finding_of_the_image_is_annotated_where_the_repository_speaks_of_it(world):
    run = world.new()
    world.db.found[run["id"], "findings"] = {**FINDINGS, "items": [{**FINDING, "type": "deb", "path": "/usr/lib/openssl"}]}
    world.hub.files[run["commit"]] = "# base\nFROM debian\n"
    world.end(run, "success")
    (check,) = [told[1] for told in world.send() if told[0] == "check"]
    assert [(item.path, item.line) for item in check.annotations] == [("Dockerfile", 2)]


@pytest.mark.parametrize("kind, word", [("statuses", "status"), ("deployments", "deployment"), ("checks", "check"),
                                        ("comment", "comment")])
def test_each_kind_can_be_turned_off(world, kind, word):
    world.repo["settings"]["feedback"] = {kind: False}
    world.db.pulls[1, 7] = {"head_commit": NEXT, "comment": None, "approvals": []}
    run = world.new("pull_request", ref="refs/pull/7/head", commit=NEXT)
    deployed(world, run)
    world.end(run, "success")
    told = {words[0] for words in world.send()}
    assert told == {"status", "deployment", "check", "comment"} - {word}


def test_where_check_runs_need_the_app_the_rest_is_told(world, monkeypatch):
    def refuse(*_):
        raise Unsupported("check runs need the App")
    monkeypatch.setattr(world.hub, "set_check", refuse)
    world.end(world.new(), "success")
    assert contexts(world.send()) == [("continuum", "success")] and world.db.waiting_reports() == []


def test_a_forge_without_any_of_it_is_not_asked(world, tmp_path):
    world.outbox = world.outbox_of({"github": LocalForge(tmp_path)})
    world.end(world.new(), "success")
    world.end(world.new(forge="gone"), "success")
    assert world.send() == [] and {state for state, _ in world.states()} == {"done"}
    assert all("not sent" in outcome or "replaced" in outcome for _, outcome in world.states())


@pytest.mark.parametrize("problem", [Unavailable("away"), ServiceDown("dbproxy does not answer")])
def test_a_forge_that_is_away_is_told_later(world, problem):
    world.hub.problem = problem
    world.end(world.new(), "success")
    assert contexts(world.send()) == [] and ("queued", str(problem)) in world.states()
    world.hub.problem, world.now = None, 10
    assert contexts(world.send()) == [("continuum", "success")]


def test_a_forge_that_asks_for_quiet_is_left_alone_for_that_long(world):
    world.hub.problem = RateLimited("used up", 1800)
    world.end(world.new(), "success")
    world.send()
    world.hub.asked.clear()
    world.hub.problem, world.now = None, 1799
    assert world.send() == [] and world.hub.asked == []
    world.now = 1801
    assert contexts(world.send()) == [("continuum", "success")]


def test_a_report_is_tried_for_days_and_then_given_up(world):
    world.hub.problem = Unavailable("away")
    world.end(world.new(kind="build"), "success")
    world.stage(world.new(kind="build"), "build", "success")
    world.send()
    for _ in range(7 * 24):
        world.now += 3600
        world.send()
    assert world.states() == [("queued", "away")]
    world.now += 3600
    world.send()
    assert world.states() == [("failed", "given up after 7 days: away")]


def test_what_is_refused_is_not_tried_again_and_blocks_nothing(world, monkeypatch):
    def refuse(*_, **__):
        raise BadRequest("no commit found")
    monkeypatch.setattr(world.hub, "set_status", refuse)
    run = world.new()
    world.stage(run, "build", "success")
    world.end(run, "success")
    world.send()
    assert world.states()[:2] == [("failed", "no commit found")] * 2 and [told[0] for told in world.hub.told] == ["check"]


def test_a_mistake_of_ours_ends_its_report_alone(world, monkeypatch):
    monkeypatch.setattr(world.hub, "set_status", lambda *_, **__: 1 / 0)
    world.end(world.new(), "success")
    world.send()
    assert world.states()[0] == ("failed", "internal error (ZeroDivisionError): division by zero") and world.hub.told[0][0] == "check"


def test_a_report_of_a_channel_that_is_not_known_here_is_refused(world):
    world.end(world.new(), "success")
    world.db.reports[1]["channel"] = "pigeon"
    world.send()
    assert world.states()[0] == ("failed", "this version of Continuum knows no channel pigeon")


def test_a_run_that_is_superseded_or_canceled_before_it_began_is_told_as_over(world):
    world.launcher.push(world.row(), "main", world.hub.resolve("ada", "hello", NEXT), "push", "ada", "k1")
    world.send()
    second, _ = world.launcher.push(world.row(), "main", world.hub.resolve("ada", "hello", "e" * 40), "push", "ada", "k2")
    world.launcher.cancel(second.id, "ann")
    assert contexts(world.send()) == [("continuum", "pending"), ("continuum", "error"), ("continuum", "error")]


@pytest.mark.parametrize("state, status, told", [("failed", [("continuum", "failure")], "failure"), ("stopped", [], "inactive")])
def test_what_was_live_and_fell_is_told_as_such(world, state, status, told):
    run = world.new()
    deployed(world, run)
    (number,) = world.db.deployments
    world.db.patch(f"/v1/deployments/{number}", {"state": "live"})
    world.end(run, "success", "live")
    world.send()
    world.hub.told.clear()
    world.db.patch(f"/v1/deployments/{number}", {"state": state, "reason": "exited 1, rolled back"})
    assert contexts(world.send()) == status
    assert [words[2] for words in world.hub.told if words[0] == "deployment"] == [told]


@pytest.mark.parametrize("state, told", [("live", "success"), ("kept", "inactive"), ("stopped", "inactive"), ("failed", "failure")])
def test_a_success_that_is_told_late_takes_no_successor_off(world, state, told):
    run = world.new()
    deployed(world, run)
    (row,) = world.db.deployments.values()
    row["state"] = state
    world.end(run, "success")
    assert [words[2] for words in world.send() if words[0] == "deployment" and len(words) > 2] == [told]
