"""Commands report the result: exit codes, names of what does not exist, streams that resume, tables in a pipe."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from cli import follow, output
from cli.api import ApiError
from cli.commands import repos, runs
from cli.errors import PlatformError


class FakeApi:
    """One repository and its run 7, whose log stream is cut `cuts` times, after each line."""

    state, reason, cuts = "success", "done", 0

    def __init__(self, instance=None):
        self.posted: list[str] = []

    def repo(self, name):
        if name != "ann/shop":
            raise ApiError(404, f"Repository {name} does not exist, or you don't have access to it")
        return {"id": 5, "default_branch": "main"}

    def run(self, number):
        return {"id": number, "state": self.state, "reason": self.reason,
                "jobs": [{"stage": "build", "attempt": 1, "state": self.state, "reason": self.reason}]}

    def post(self, path, body=None):
        self.posted.append(path)
        return {"id": 7, "ref": "main", "commit": "c" * 40}

    def get(self, path, **query):
        return {"lines": [[1, 0, 0, "one"], [2, 0, 0, "\x1b]0;title\x07two"]]}

    def events(self, path, after):
        for number in range(after + 1, 4):
            yield "lines", str(number), {"lines": [[number, 0, 0, f"line {number}"]]}
            if FakeApi.cuts > 0:
                FakeApi.cuts -= 1
                raise PlatformError("the stream was cut")
        yield "end", "", {}


@pytest.fixture(autouse=True)
def api(monkeypatch):
    monkeypatch.setattr(runs, "Api", FakeApi)
    monkeypatch.setattr(repos, "Api", FakeApi)
    monkeypatch.setattr(follow, "RETRY", 0.001)
    monkeypatch.setattr(FakeApi, "cuts", 0)


def call(command, *arguments):
    return CliRunner().invoke(command, arguments, obj=None)


@pytest.mark.parametrize(("state", "code"), [("success", 0), ("failure", 1), ("error", 3), ("canceled", 1)])
def test_run_waits_and_exits_as_the_run_ended(monkeypatch, state, code):
    monkeypatch.setattr(FakeApi, "state", state)
    assert call(runs.run, "ann/shop").exit_code == code
    answer = call(runs.run, "ann/shop", "--json")
    assert answer.exit_code == code and json.loads(answer.output)["state"] == state
    assert call(runs.retry, "7").exit_code == code


@pytest.mark.parametrize(("state", "code"), [("success", 0), ("failure", 1), ("error", 3), ("canceled", 1), ("skipped", 1)])
def test_logs_that_are_followed_exit_as_the_run_or_its_stage_ended(monkeypatch, state, code):
    monkeypatch.setattr(FakeApi, "state", state)
    if state != "skipped":      # a run is never skipped, a stage may be
        assert call(runs.logs, "7", "-f").exit_code == code
    assert call(runs.logs, "7", "-f", "--stage", "build").exit_code == code
    assert call(runs.logs, "7", "--stage", "build").exit_code == 0, "who does not follow asked for the text alone"


def test_cancel_exits_with_the_refusal(monkeypatch):
    assert call(runs.cancel, "7").exit_code == 0
    refusal = ApiError(409, "Run 7 is over (success): nothing to cancel")
    monkeypatch.setattr(FakeApi, "post", lambda self, path, body=None: (_ for _ in ()).throw(refusal))
    answer = call(runs.cancel, "7")
    assert answer.exception is refusal and refusal.exit_code == 2


def test_a_job_that_waits_shows_its_place_each_time_it_changes(monkeypatch):
    reasons = [f"waiting for a free slot, {ahead} ahead" for ahead in (2, 2, 1)]

    def run(self, number):
        states = [("pending", reasons.pop(0))] if reasons else [("success", "done")]
        return {"id": number, "state": states[0][0], "reason": "done", "jobs": [
            {"stage": "build", "attempt": 1, "state": state, "reason": reason} for state, reason in states]}
    monkeypatch.setattr(FakeApi, "run", run)
    shown = [line for line in call(runs.run, "ann/shop").output.splitlines() if "ahead" in line]
    assert [line.split("build: ")[1] for line in shown] == [
        "pending: waiting for a free slot, 2 ahead", "pending: waiting for a free slot, 1 ahead"]


def test_detach_returns_at_once(monkeypatch):
    monkeypatch.setattr(FakeApi, "state", "failure")
    answer = call(runs.run, "ann/shop", "--detach")
    assert answer.exit_code == 0 and "run 7" in answer.output


def test_what_does_not_exist_is_named():
    answer = call(runs.run, "ann/shpo")
    assert "ann/shpo does not exist" in str(answer.exception) and answer.exception.exit_code == 2
    answer = call(runs.logs, "7", "--stage", "biuld")
    assert "no stage 'biuld'" in str(answer.exception) and "build" in str(answer.exception)


def test_a_cut_stream_resumes_with_each_line_once(monkeypatch):
    monkeypatch.setattr(FakeApi, "cuts", 3)
    answer = call(runs.logs, "7", "--stage", "build", "-f")
    assert [line.split("| ")[1] for line in answer.output.splitlines()[1:]] == ["line 1", "line 2", "line 3"]


def test_a_stream_that_stays_cut_ends_with_an_error(monkeypatch):
    monkeypatch.setattr(FakeApi, "events", lambda self, path, after: (_ for _ in ()).throw(PlatformError("away")))
    assert isinstance(call(runs.logs, "7", "--stage", "build", "-f").exception, PlatformError)


def test_log_lines_are_shown_safely_unless_raw():
    assert "\x07" not in call(runs.logs, "7").output
    assert "\x1b]0;title\x07two\n" in CliRunner().invoke(runs.logs, ["7", "--raw"], obj=None, color=True).output


def test_a_table_in_a_pipe_has_one_whole_line_for_each_row(capsys):
    rows = [{"run": 1, "reason": "word " * 200 + "end"}, {"run": 2, "reason": "first\nsecond \x1b[2J"}]
    output.show(rows, ("run", "reason"), as_json=False, empty="none")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 and lines[1].endswith("end") and "first second" in lines[2] and "\x1b" not in lines[2]
