"""Calls side by side: each has the request and what was found out for it, and a failure is the caller's."""

import threading

import pytest
from flask import g, request

from common.wire.errors import NotFound
from dashboard.web.together import together


def test_each_call_runs_within_the_request(people):
    with people.app.test_request_context("/repos?q=x"):
        g.repo = {"id": 7}
        assert together(lambda: request.args["q"], lambda: g.repo["id"]) == ["x", 7]


def test_they_wait_for_each_other_and_not_in_turn(people):
    both = threading.Barrier(2, timeout=10)
    with people.app.test_request_context("/"):
        assert sorted(together(both.wait, both.wait)) == [0, 1]


def test_what_one_raises_is_raised(people):
    def missing():
        raise NotFound("nothing")
    with people.app.test_request_context("/"), pytest.raises(NotFound):
        together(lambda: 1, missing)
