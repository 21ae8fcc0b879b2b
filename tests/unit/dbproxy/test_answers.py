"""What a view has from Postgres becomes a row of common/api, with its times as all services write them."""

import json
from datetime import datetime, timedelta, timezone

import pytest
from flask import Flask
from pydantic import ValidationError

from common.api.base import Page
from common.api.events import Event, HeldLease
from common.api.repos import Membership, RefUpdate
from dbproxy.answers import answers

AT = datetime(2026, 1, 2, 5, 4, 5, 678_912, timezone(timedelta(hours=2)))
UPDATE = {"id": 1, "repo": 7, "ref": "refs/heads/main", "before": None, "after": "a" * 40, "actor": "ada", "outcome": "run 3",
          "run": 3, "at": AT}


def answered(model, found):
    @answers(model)
    def view():
        return found
    with Flask("test").test_request_context():
        response = view()
    return response.status_code, json.loads(response.data)


def test_a_view_answers_the_row_with_its_times_in_utc_and_milliseconds():
    assert answered(RefUpdate, UPDATE) == (200, {**UPDATE, "at": "2026-01-02T03:04:05.678Z"})


def test_what_the_row_has_not_is_kept_here():
    assert answered(HeldLease, {"held": True, "owner": "me"}) == (200, {"held": True})


def test_a_view_may_name_the_status():
    assert answered(HeldLease, ({"held": True}, 201))[0] == 201


def test_a_page_is_a_row_of_rows():
    page = {"items": [{"repo": 7, "right": "read", "account": 1}], "total": 1, "page": 1, "per_page": 30}
    assert answered(Page[Membership], page) == (200, {**page, "items": [{"repo": 7, "right": "read"}]})


def test_a_view_whose_query_asks_for_another_shape_gives_the_row():
    assert answered(Page[Membership], HeldLease(held=False)) == (200, {"held": False})


def test_an_event_leaves_out_what_it_is_not_about():
    event = {"id": 1, "kind": "run.updated", "repo": 7, "run": 12, "job": None, "deployment": None, "at": AT}
    assert list(answered(Event, event)[1]) == ["id", "kind", "repo", "run", "at"]


def test_a_column_that_is_missing_is_our_mistake_and_is_named():
    with pytest.raises(ValidationError, match="outcome"):
        answered(RefUpdate, {name: value for name, value in UPDATE.items() if name != "outcome"})
