"""What forges are told of runs."""

from datetime import datetime, timedelta, timezone

import pytest

from common.errors import Unavailable
from forges import LocalForge, Unsupported
from orchestrator.feedback import LASTS, Feedback, words
from orchestrator.feedback.board import Board
from orchestrator.feedback.whereabouts import Whereabouts
from tests.unit.orchestrator.fakes import DIGEST
from tests.unit.orchestrator.hub import NEXT, HubWorld

FINDING = {"vulnerability": "CVE-2026-1", "package": "openssl", "version": "3.0", "severity": "critical", "fixed_in": "3.1",
           "waived": False, "change": "new", "path": "requirements.txt"}
FINDINGS = {"items": [FINDING], "summary": {"total": 4, "fixable": 2, "new": 1, "gone": 1}, "gone": [{"vulnerability": "CVE-9"}]}
CASE = {"suite": "pytest", "name": "test_hello", "state": "failure", "message": "said @eve <b>", "file": "test_app.py",
        "line": 12}
TESTS = {"cases": [CASE, {**CASE, "name": "fine", "state": "success"}]}


class Told(HubWorld):
    def __init__(self):
        super().__init__()
        self.now = 0.0
        self.board = Board(lambda: self.now)
        self.feedback = Feedback(self.db, {"github": self.hub}, "https://ci.example.org/", self.board)

    def new(self, event="push", **fields):
        return self.db.runs[self.db.new_run(event=event, **fields)]

    def send(self):
        while self.board.send_due():
            pass
        return self.hub.told


@pytest.fixture
def world():
    return Told()


def contexts(told):
    return [words[1:] for words in told if words[0] == "status"]


@pytest.mark.parametrize("kind", ["build", "scan", "test", "rollback"])
def test_only_a_full_run_speaks_for_the_commit(world, kind):
    """Else a press on `build` would turn a commit green whose tests fail, and open a branch that asks for it."""
    run = world.new(kind=kind)
    world.feedback.waiting(run)
    world.feedback.stage(run, "build", "success", "built")
    world.feedback.ended(run, "success", "built")
    assert contexts(world.send()) == [("continuum/build", "success")]
    assert not [what for what in world.hub.told if what[0] == "check"]


def test_one_status_in_all_and_one_a_stage_in_their_order(world):
    run = world.new()
    world.feedback.waiting(run)
    world.send()
    world.feedback.stage(run, "build", "running", "build is running")
    world.feedback.stage(run, "build", "success", "built")
    world.feedback.stage(run, "test", "failure", "1 of 2 failed")
    world.feedback.stage(run, "promote", "skipped", "not begun")
    world.feedback.ended(run, "failure", "test: 1 of 2 failed")
    assert contexts(world.send()) == [("continuum", "pending"), ("continuum/build", "success"),
                                      ("continuum/test", "failure"), ("continuum", "failure")]


def test_a_stage_that_lasts_is_shown_while_it_runs(world):
    world.feedback.stage(world.new(), "build", "running", "build is running")
    assert contexts(world.send()) == []
    world.now = LASTS
    assert contexts(world.send()) == [("continuum/build", "pending")]


def test_a_status_says_why_and_leads_to_the_run(world):
    status = words.status(world.new(), "canceled", "canceled\nby ann " + "x" * 300, "https://ci.example.org/runs/1", "scan")
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
    world.feedback.stage(run, "deploy", "running", "")
    world.send()
    deployed(world, run)
    world.feedback.ended(run, state, "over")
    found = [words[1:] for words in world.send() if words[0] == "deployment"]
    assert found == [(environment,), ("1", told, "http://hello.localhost:8080")]


@pytest.mark.parametrize("fence, looked", [(1, False), (2, True)])
def test_a_deployment_is_looked_for_where_a_conductor_before_may_have_begun_it(world, fence, looked):
    world.feedback.stage(world.new(fence=fence), "deploy", "running", "")
    world.send()
    assert world.hub.looked == [looked]


def test_a_deployment_whose_answer_was_lost_is_looked_for(world):
    run = world.new(fence=1)
    world.hub.problem = Unavailable("no answer")
    world.feedback.stage(run, "deploy", "running", "")
    world.send()
    world.hub.problem, world.now = None, 10
    world.send()
    assert world.hub.looked == [False, True]


def test_a_run_that_put_nothing_anywhere_tells_of_no_deployment(world):
    world.feedback.ended(world.new(), "failure", "build: exit 1")
    assert [words for words in world.send() if words[0] == "deployment"] == []


def test_a_pull_request_has_one_comment_that_is_changed_in_place(world):
    world.db.pulls[1, 7] = {"head_commit": NEXT, "comment": None, "approvals": []}
    run = world.new("pull_request", ref="refs/pull/7/head", commit=NEXT)
    world.db.found = {(run["id"], "findings"): FINDINGS, (run["id"], "tests"): TESTS}
    world.feedback.ended(run, "failure", "test: 1 of 2 failed")
    (comment,) = [words for words in world.send() if words[0] == "comment"]
    assert comment[1] == 7 and "CVE-2026-1" in comment[2] and "test\\_hello" in comment[2]
    kept = world.db.pulls[1, 7]["comment"]
    world.feedback.ended({**run, "retries": 1}, "success", "all stages passed")
    world.send()
    assert kept and world.db.pulls[1, 7]["comment"] == kept


def test_a_comment_about_a_commit_that_was_left_behind_is_not_written(world):
    world.db.pulls[1, 7] = {"head_commit": NEXT, "comment": None, "approvals": []}
    world.feedback.ended(world.new("pull_request", ref="refs/pull/7/head", commit="f" * 40), "success", "")
    assert [words for words in world.send() if words[0] == "comment"] == []


def test_a_comment_mentions_nobody_and_opens_no_tag():
    run = {"state": "failure", "commit": NEXT, "reason": "test: @ann <img onerror=x> [a](b)\n# big"}
    text = words.comment(7, run, "https://ci/runs/1", FINDINGS, TESTS)
    assert text.splitlines()[0] == "<!-- continuum: pull request 7 -->"
    assert "@ann" not in text and "@eve" not in text and "<img" not in text.replace("\\<img", "") and "\n# " not in text
    assert "4 findings, 1 new, 1 gone, 2 with a fix" in text and "2 ran, 1 failed" in text and "CVE-9" in text


def test_a_long_list_is_cut_and_says_so():
    text = words.comment(7, {"state": "failure", "commit": NEXT, "reason": ""}, "u", None, {"cases": [CASE] * 12})
    assert "and 2 more" in text


def test_a_check_has_annotations_where_file_and_line_are_known():
    run = {"state": "canceled", "commit": NEXT, "reason": "canceled by ann"}
    image = {**FINDING, "path": "/usr/lib/openssl"}
    check = words.check(run, "u", {**FINDINGS, "items": [FINDING, image, {**FINDING, "change": "known"}]},
                        {"cases": [CASE, {**CASE, "file": None}, {**CASE, "file": "../../etc/shadow"}]},
                        Whereabouts(lambda path: None, None).of)
    assert check.conclusion == "cancelled"
    assert [(item.path, item.line, item.level) for item in check.annotations] == [
        ("test_app.py", 12, "failure"), ("requirements.txt", 1, "warning")]


def test_a_finding_of_the_image_is_annotated_where_the_repository_speaks_of_it(world):
    run = world.new()
    world.db.found[run["id"], "findings"] = {**FINDINGS, "items": [{**FINDING, "type": "deb", "path": "/usr/lib/openssl"}]}
    world.hub.files[run["commit"]] = "# base\nFROM debian\n"
    world.feedback.ended(run, "success", "")
    (check,) = [told[1] for told in world.send() if told[0] == "check"]
    assert [(item.path, item.line) for item in check.annotations] == [("Dockerfile", 2)]


@pytest.mark.parametrize("kind, word", [("statuses", "status"), ("deployments", "deployment"), ("checks", "check"),
                                        ("comment", "comment")])
def test_each_kind_can_be_turned_off(world, kind, word):
    world.repo["settings"]["feedback"] = {kind: False}
    world.db.pulls[1, 7] = {"head_commit": NEXT, "comment": None, "approvals": []}
    run = world.new("pull_request", ref="refs/pull/7/head", commit=NEXT)
    deployed(world, run)
    world.feedback.ended(run, "success", "")
    told = {words[0] for words in world.send()}
    assert told == {"status", "deployment", "check", "comment"} - {word}


def test_where_check_runs_need_the_app_the_rest_is_told(world, monkeypatch):
    def refuse(*_):
        raise Unsupported("check runs need the App")
    monkeypatch.setattr(world.hub, "set_check", refuse)
    world.feedback.ended(world.new(), "success", "")
    assert contexts(world.send()) == [("continuum", "success")] and world.board.waiting() == 0


def test_a_forge_without_any_of_it_is_not_asked(world, tmp_path):
    feedback = Feedback(world.db, {"github": LocalForge(tmp_path)}, "", world.board)
    feedback.ended(world.new(), "success", "")
    feedback.ended(world.new(forge="gone"), "success", "")
    assert world.board.waiting() == 0


def test_a_forge_that_is_away_is_told_later(world):
    world.hub.problem = Unavailable("away")
    world.feedback.ended(world.new(), "success", "")
    assert contexts(world.send()) == [] and world.board.waiting() > 0
    world.hub.problem, world.now = None, 10
    assert contexts(world.send()) == [("continuum", "success")]


def test_a_run_that_is_superseded_or_canceled_before_it_began_is_told_as_over(world):
    world.launcher._feedback = world.feedback
    first, _ = world.launcher.push(world.repo, "main", world.hub.resolve("ada", "hello", NEXT), "push", "ada", "k1")
    world.send()
    second, _ = world.launcher.push(world.repo, "main", world.hub.resolve("ada", "hello", "e" * 40), "push", "ada", "k2")
    world.launcher.cancel(second["id"], "ann")
    assert contexts(world.send()) == [("continuum", "pending"), ("continuum", "error"), ("continuum", "error")]


@pytest.mark.parametrize("state, status, told", [("failed", [("continuum", "failure")], "failure"), ("stopped", [], "inactive")])
def test_what_was_live_and_fell_is_told_as_such(world, state, status, told):
    run = world.new(state="success")
    deployed(world, run)
    world.feedback.ended(run, "success", "live")
    world.send()
    world.hub.told.clear()
    world.feedback.serves_no_more(run["id"], state, "exited 1, rolled back")
    assert contexts(world.send()) == status
    assert [words[2] for words in world.hub.told if words[0] == "deployment"] == [told]


def test_after_a_start_the_last_ends_are_told_again(world):
    now = datetime.now(timezone.utc)
    world.new(state="success", reason="all stages passed", ended=now.isoformat())
    world.new(state="success", ended=(now - timedelta(hours=1)).isoformat(), commit=NEXT)
    world.new(state="running", ended=None, commit=NEXT)
    world.feedback.catch_up()
    assert contexts(world.send()) == [("continuum", "success")]
    world.db.down = True
    world.feedback.catch_up()


def over(world, state="success", jobs=(), **fields):
    """A run that just ended, with jobs (stage, attempt, state)."""
    run = world.new(state=state, reason="all over", ended=datetime.now(timezone.utc).isoformat(), **fields)
    for stage, attempt, ended in jobs:
        world.db.jobs[run["id"], stage, attempt] = {"run": run["id"], "stage": stage, "attempt": attempt, "state": ended,
                                                    "reason": f"{stage} is {ended}"}
    return run


def deployments(told):
    return [words[2] for words in told if words[0] == "deployment" and len(words) > 2]


def test_after_a_start_stages_deployment_comment_and_check_are_told_again(world):
    world.db.pulls[1, 7] = {"head_commit": NEXT, "comment": None, "approvals": []}
    run = over(world, "failure", [("build", 2, "success"), ("build", 1, "failure"), ("deploy", 1, "success"),
                                  ("test", 1, "running"), ("promote", 1, "skipped")],
               event="pull_request", ref="refs/pull/7/head", commit=NEXT)
    deployed(world, run)
    world.feedback.catch_up()
    told = world.send()
    assert contexts(told) == [("continuum/build", "success"), ("continuum/deploy", "success"), ("continuum/test", "failure"),
                              ("continuum", "failure")]
    assert deployments(told) == ["failure"] and {words[0] for words in told} >= {"comment", "check"}


@pytest.mark.parametrize("state", ["running", "success"])
def test_after_a_start_a_newer_run_of_the_same_commit_keeps_its_word(world, state):
    old = over(world, "failure", [("build", 1, "failure")])
    deployed(world, old)
    world.new(state=state, ended=None)
    world.new(state="success", ended=None, commit=NEXT)
    world.feedback.catch_up()
    told = world.send()
    assert contexts(told) == [] and deployments(told) == ["failure"]


def test_after_a_start_a_run_whose_deployment_died_meanwhile_is_no_success(world):
    deployed(world, over(world))
    (row,) = world.db.deployments.values()
    row.update(state="failed", reason="exited 1, rolled back")
    world.feedback.catch_up()
    told = world.send()
    assert contexts(told) == [("continuum", "failure")] and deployments(told) == ["failure"]


@pytest.mark.parametrize("state, told", [("live", "success"), ("kept", "inactive"), ("stopped", "inactive")])
def test_a_success_that_is_told_late_does_not_take_the_next_deployment_off(world, state, told):
    run = world.new()
    deployed(world, run)
    (row,) = world.db.deployments.values()
    row["state"] = state
    world.feedback.ended(run, "success", "")
    assert deployments(world.send()) == [told]


@pytest.mark.parametrize("by_then, told", [({"state": "running"}, True), ({"state": "success"}, False),
                                           ({"state": "running", "retries": 1}, False)])
def test_what_is_unfinished_is_not_told_once_the_run_went_on_elsewhere(world, by_then, told):
    run = {**world.new()}
    world.feedback.waiting(run)
    world.feedback.stage(run, "deploy", "running", "deploy is running")
    world.db.runs[run["id"]].update(by_then)
    world.now = LASTS
    assert {words[0] for words in world.send()} == ({"status", "deployment"} if told else set())


def test_an_end_is_told_though_the_run_was_retried_since(world):
    run = {**world.new()}
    world.feedback.stage(run, "build", "success", "built")
    world.db.runs[run["id"]].update(state="pending", retries=1)
    assert contexts(world.send()) == [("continuum/build", "success")]
