"""Reasons: a sentence for people, a code and parameters for programs."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from common.wire.errors import Canceled, Conflict, Failure, ServiceDown
from common.wire.reasons import ERRORS, PLAIN, SENTENCES, Reason, reason, reason_in, reason_of


def test_a_reason_has_the_code_and_the_parameters_of_its_sentence():
    waiting = reason("queued_at_worker", ahead=3)
    assert waiting.row() == {"reason": "waiting for a free slot, 3 ahead", "code": "queued_at_worker", "params": {"ahead": 3}}
    assert reason_in(SimpleNamespace(**waiting.row())) == waiting


def test_a_cause_is_a_sentence_and_no_parameter():
    assert reason("not_begun", cause="canceled by ann") == Reason("not begun: canceled by ann", "not_begun")


@pytest.mark.parametrize("code, params", [("queued_at_worker", {}), ("no_such_code", {})])
def test_an_unknown_code_and_a_missing_parameter_are_refused(code, params):
    with pytest.raises(KeyError):
        reason(code, **params)


@pytest.mark.parametrize("problem, code", [
    (Failure("no"), "failure"), (Failure("late", error="timeout"), "timeout"), (Conflict("x", error="old_fence"), "old_fence"),
    (Canceled("x"), "canceled"), (ServiceDown("x"), "service_down"), (ValueError("x"), "internal")])
def test_the_code_of_an_exception_is_its_error(problem, code):
    assert reason_of(problem).code == code


def test_a_run_has_the_reason_of_its_stage_with_the_stage_as_a_parameter():
    decided = reason_of(Failure("2 of 3 tests failed", error="tests_failed", params={"failed": 2})).at_line(9).of_stage("test")
    assert decided.row() == {"reason": "test: 2 of 3 tests failed", "code": "tests_failed",
                             "params": {"failed": 2, "line": 9, "stage": "test"}}


def test_secrets_are_masked_in_the_parameters_too():
    problem = Reason("a hunter2", "invalid_config", {"problems": [{"line": 3, "message": "hunter2 is wrong"}]})
    masked = problem.masked(lambda text: text.replace("hunter2", "***"))
    assert (masked.text, masked.params) == ("a ***", {"problems": [{"line": 3, "message": "*** is wrong"}]})


def test_no_code_is_in_both_tables():
    assert not SENTENCES.keys() & ERRORS.keys() and PLAIN <= SENTENCES.keys()
