"""The log of a job: numbers, steps, masks, and messages that keep their order."""

import json

import pytest

from common.wire.errors import Canceled
from common.worker import joblog
from common.worker.joblog import JobLog


class Sent(list):
    """Takes messages as the spool would."""

    def __call__(self, key, body):
        self.append((key, json.loads(body)))

    def lines(self):
        return [line for _, message in self for line in message["lines"]]


@pytest.fixture
def sent():
    return Sent()


def make(sent, **options):
    return JobLog(7, "build", 2, sent, **options)


def test_numbers_are_consecutive_over_all_messages(sent):
    log = make(sent)
    for number in range(5000):
        log.line(f"line {number}")
    log.close()
    expected = 1
    for key, message in sent:
        assert key == "log.7.build"
        assert message["first_seq"] == expected
        expected += len(message["lines"])
    assert sent.lines() == [f"line {number}" for number in range(5000)]
    assert log.count == 5000


def test_where_a_step_begins_is_told_with_its_first_line(sent):
    """Pages fold by it while the step runs; the lines after the first tell no more than they say."""
    told = []
    log = JobLog(7, "build", 2, sent, lambda: told.append([step["first_line"] for step in log.steps]))
    with log.step("compile"):
        log.line("one")
        log.line("two")
        assert told == [[None], [1]]
    log.close()


def test_lines_of_the_same_moment_share_a_message(sent):
    log = make(sent)
    for number in range(100):
        log.line(str(number))
    log.close()
    assert len(sent) < 20


def test_a_waiting_line_leaves_without_a_later_one(sent):
    arrived = []
    log = JobLog(7, "build", 2, lambda key, body: (sent(key, body), arrived.append(1)))
    log.line("first, at once")
    log.line("second, gathered")
    log._thread.join(timeout=joblog.GATHER * 20)      # the thread lives on; the join is a bounded wait
    assert sent.lines() == ["first, at once", "second, gathered"]
    log.close()


def test_secrets_are_masked_in_lines_and_step_names(sent):
    log = make(sent)
    log.mask("hunter22")
    with log.step("login hunter22"):
        log.line("password hunter22")
    log.close()
    assert sent.lines() == ["password ***"]
    assert log.steps[0]["name"] == "login ***"


def test_a_long_line_is_split_and_flagged(sent):
    log = make(sent)
    log.line("x" * 200_000)
    log.line("short")
    log.close()
    messages = [message for _, message in sent]
    parts = {message["first_seq"] + part for message in messages for part in message["parts"]}
    assert parts == {2, 3, 4}
    assert log.count == 5
    assert "".join(sent.lines()[:4]) == "x" * 200_000


def test_steps_know_their_lines_and_how_they_ended(sent):
    log = make(sent)
    log.line("before")
    with log.step("one"):
        log.line("a\nb")
    with pytest.raises(ZeroDivisionError), log.step("two"):
        log.line("c")
        raise ZeroDivisionError
    log.close()
    assert [(step["name"], step["state"], step["first_line"], step["last_line"]) for step in log.steps] == [
        ("one", "success", 2, 3), ("two", "failure", 4, 4)]
    assert [step for _, message in sent for step in message["steps"]] == [0, 1, 1, 2]


def test_a_step_that_was_canceled_is_no_failure(sent):
    log = make(sent)
    with pytest.raises(Canceled), log.step("long one"):
        raise Canceled("canceled")
    log.close()
    assert log.steps[0]["state"] == "canceled"


def test_the_tail_is_masked_and_bounded(sent):
    log = make(sent)
    for number in range(80):
        log.line(str(number))
    assert log.tail(3) == ["77", "78", "79"]
    assert len(log.tail(1000)) == joblog.RECENT
    log.close()


def test_a_closed_log_refuses_lines(sent):
    log = make(sent)
    log.close()
    with pytest.raises(RuntimeError):
        log.line("late")


def test_a_line_that_is_rewritten_is_shown_with_its_step_until_its_next_line(sent, monkeypatch):
    changes, now = [], [100.0]
    log = make(sent, changed=lambda: changes.append(1))
    log.mask("s3cret-value")
    number = log.begin_step("RUN x")
    monkeypatch.setattr(joblog.time, "monotonic", lambda: now[0])
    log.show("10% s3cret-value\0", number)
    log.show("11%", number)      # too soon after the first
    assert log.steps[0]["now"] == "10% ***␀" and len(changes) == 2
    now[0] += joblog.SHOW_EVERY
    log.show("x" * 1000, number)
    assert log.steps[0]["now"] == "x" * joblog.SHOWN
    log.line("100%", number)
    assert "now" not in log.steps[0]
    now[0] += joblog.SHOW_EVERY
    log.show("again", number)
    log.end_step(number, "success")
    assert "now" not in log.steps[0]
    monkeypatch.undo()
    log.close()
    assert sent.lines() == ["100%"]
