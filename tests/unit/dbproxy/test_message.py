"""A message is a row that Postgres takes, or it is refused."""

import json

import pytest

from common.wire import broker
from dbproxy.logs.message import Unreadable, decode

GOOD = {"run": 7, "stage": "build", "attempt": 1, "first_seq": 11, "at": [1000, 1005], "steps": [0, 2],
        "lines": ["one", "two"], "parts": [1]}


def test_a_whole_message():
    message = decode(broker.encode(7, "build", 1, 11, [1000, 1005], [0, 2], ["one", "two"], [1]))
    assert message == (7, "build", 1, 11, 12, 1000, [0, 5], [0, 2], ["one", "two"], [1])


def test_what_is_all_zero_is_not_stored():
    message = decode(broker.encode(7, "build", 1, 1, [1000, 1000], [0, 0], ["one", "two"], []))
    assert (message.offsets, message.steps, message.parts) == (None, None, None)


def test_what_postgres_cannot_hold_is_written_in_letters():
    message = decode(json.dumps({**GOOD, "lines": ["a\0b", "c\ud800d"]}).encode())
    assert message.lines == ["a␀b", "c\\ud800d"]


def test_a_clock_that_was_set_back_gives_negative_offsets():
    assert decode(json.dumps({**GOOD, "at": [5000, 1000]}).encode()).offsets == [0, -4000]


def test_a_clock_that_jumped_by_years_is_cut_not_lost():
    assert decode(json.dumps({**GOOD, "at": [0, 2**45]}).encode()).offsets == [0, 2**31 - 1]


@pytest.mark.parametrize("change", [
    {"run": "7"}, {"run": True}, {"run": 0}, {"run": 2**63}, {"run": None},
    {"stage": "Build"}, {"stage": ""}, {"stage": 5}, {"stage": "a" * 21},
    {"attempt": 0}, {"attempt": 2**31}, {"first_seq": 0}, {"first_seq": 2**31 - 1}, {"first_seq": 1.5},
    {"at": [1000]}, {"at": ["a", "b"]}, {"at": [-1, 5]}, {"at": 1000},
    {"steps": [1]}, {"steps": [-1, 0]}, {"steps": None},
    {"lines": []}, {"lines": "ab"}, {"lines": ["one", 2]}, {"lines": [None, "b"]},
    {"parts": [2]}, {"parts": [-1]}, {"parts": 1}])
def test_wrong_types_and_ranges_are_unreadable(change):
    with pytest.raises(Unreadable):
        decode(json.dumps({**GOOD, **change}).encode())


@pytest.mark.parametrize("missing", sorted(GOOD))
def test_every_field_is_needed(missing):
    with pytest.raises(Unreadable):
        decode(json.dumps({name: value for name, value in GOOD.items() if name != missing}).encode())
