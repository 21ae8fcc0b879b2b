"""Conditions and orders as Postgres gets them: such that its indexes serve."""

import pytest
from flask import Flask

from common.wire.errors import BadRequest
from dbproxy.paging import Filters, sorting

SORTS = {"id": "runs.id", "ended": "runs.ended"}


@pytest.fixture
def asked():
    """asked(query): within a request that has this query string."""
    return lambda query: Flask(__name__).test_request_context(f"/?{query}")


def numbers(name: str = "repo") -> tuple[str, list]:
    filters = Filters()
    filters.numbers("runs.repo", name)
    return filters.where, filters.parameters


def test_one_number_is_compared_with_equals_and_several_as_an_array(asked):
    with asked("repo=7"):
        assert numbers() == ("true AND runs.repo = %s", [7])
    with asked("repo=7,12"):
        assert numbers() == ("true AND runs.repo = ANY(%s)", [[7, 12]])
    with asked("state=x"):
        assert numbers() == ("true", [])


@pytest.mark.parametrize("text", ["x", "-1", "1;--", "7,", "9" * 30, "1.5"])
def test_what_is_no_number_is_refused(asked, text):
    with asked(f"repo={text}"), pytest.raises(BadRequest):
        numbers()


def test_an_id_is_sorted_as_its_index_is(asked):
    with asked(""):
        assert sorting(SORTS, "-id") == "runs.id DESC"
    with asked("sort=-ended"):
        assert sorting(SORTS, "-id") == "runs.ended DESC NULLS LAST"


@pytest.mark.parametrize("text", ["id;drop", "--id", "created"])
def test_other_orders_are_refused(asked, text):
    with asked(f"sort={text}"), pytest.raises(BadRequest):
        sorting(SORTS, "-id")
