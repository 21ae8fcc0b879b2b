"""Pieces run after what they need, side by side within their lane."""

import threading

import pytest

from cli.plan import Piece, run_plan


def piece(name, order, lane="build", needs=(), action=None):
    return Piece(name, lane, action or (lambda: order.append(name)), frozenset(needs))


def test_needs_come_first():
    order = []
    run_plan([piece("c", order, needs=("a", "b")), piece("b", order, needs=("a",)), piece("a", order)], {"build": 2})
    assert order == ["a", "b", "c"]


def test_a_lane_is_never_overfull_and_is_used_fully():
    together, most, lock, both = 0, 0, threading.Lock(), threading.Barrier(2)

    def action():
        nonlocal together, most
        with lock:
            together += 1
            most = max(most, together)
        both.wait(timeout=10)  # breaks if the two never run at once
        with lock:
            together -= 1

    run_plan([piece(str(n), [], action=action) for n in range(4)], {"build": 2})
    assert most == 2


def test_a_failure_is_raised_and_starts_nothing_new():
    order = []

    def fail():
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        run_plan([piece("a", order, action=fail), piece("b", order, needs=("a",))], {"build": 1})
    assert order == []


def test_a_circle_is_refused():
    with pytest.raises(ValueError, match="cycle"):
        run_plan([piece("a", [], needs=("b",)), piece("b", [], needs=("a",))], {"build": 1})


def test_an_unknown_need_is_refused_before_anything_starts():
    order = []
    with pytest.raises(ValueError, match="no missing, which other pieces need"):
        run_plan([piece("a", order), piece("b", order, needs=("missing",))], {"build": 1})
    assert order == []


def test_after_a_failure_what_runs_is_waited_for():
    order, failed, both = [], threading.Event(), threading.Barrier(2)

    def fail():
        both.wait(timeout=10)
        failed.set()
        raise RuntimeError("broken")

    def slow():
        both.wait(timeout=10)
        failed.wait(timeout=10)
        order.append("slow")

    with pytest.raises(RuntimeError, match="broken"):
        run_plan([piece("a", order, action=fail), piece("b", order, action=slow), piece("c", order)], {"build": 2})
    assert order == ["slow"]
