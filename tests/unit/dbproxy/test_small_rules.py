"""The rules that need no database: labels, patterns, topics, printed lines, bodies."""

import pytest

from common.wire.errors import BadRequest
from dbproxy.bodies import storable
from dbproxy.events import parse_topics
from dbproxy.like import contains, in_order
from dbproxy.logs.routes import _printed
from dbproxy.repos.store import free_label, label
from dbproxy.runs.routes import without_sealed


@pytest.mark.parametrize("name, expected", [
    ("hello-flask", "hello-flask"), ("Hello_World.js", "hello-world-js"), ("--x--", "x"), ("Ünïcode", "n-code"),
    ("...", "app"), ("a" * 80, "a" * 63), ("a" * 62 + "-b", "a" * 62)])
def test_a_name_becomes_a_label(name, expected):
    assert label(name) == expected


def test_a_label_that_is_taken_gets_the_owner_then_a_number():
    assert free_label("ann", "shop", set()) == "shop"
    assert free_label("ann", "shop", {"shop"}) == "shop-ann"
    assert free_label("ann", "shop", {"shop", "shop-ann"}) == "shop-ann-2"
    long = "a" * 63
    assert free_label(long, long, {long}) == "a" * 57 + "-2"


def test_no_app_is_named_by_digits_alone():
    assert free_label("ann", "127", set()) == "127-ann"
    assert free_label("7", "1" * 63, set()) == "1" * 57 + "-2"


def test_a_pattern_takes_its_text_literally():
    assert contains("100%_\\") == "%100\\%\\_\\\\%"
    assert in_order("0%_\\") == "%0%\\%%\\_%\\\\%"


def test_topics_are_conditions_joined_by_or():
    assert parse_topics("") == ("true", [])
    assert parse_topics("repo:7,run:12") == ("repo = %s OR run = %s", [7, 12])
    assert parse_topics("status,run.created") == ("kind = %s OR kind = %s", ["status.updated", "run.created"])


@pytest.mark.parametrize("text", ["repo", "repo:x", "account:1", "id:1", "1; DROP TABLE runs"])
def test_other_topics_are_refused(text):
    with pytest.raises(BadRequest):
        parse_topics(text)


def test_printed_lines_join_what_was_split():
    lines = [[1, 1000, 0, "a", False], [2, 1500, 0, "b", True], [3, 2000, 0, "c", False]]
    assert "".join(_printed(line, "off", 1000) for line in lines) == "ab\nc"
    assert "".join(_printed(line, "elapsed", 1000) for line in lines) == "     0.000 ab\n     1.000 c"
    assert _printed(lines[2], "clock", 0) == "\n1970-01-01T00:00:02.000+00:00 c"


def test_text_is_made_storable_at_any_depth():
    assert storable({"a\0": ["\ud800", 1, None, {"b": "c\0"}]}) == {"a␀": ["\\ud800", 1, None, {"b": "c␀"}]}


def test_sealed_values_are_taken_out_of_inputs():
    inputs = {"run": 1, "secrets": [{"name": "A", "sealed": "xyz"}], "clone": {"url": "/r", "sealed_token": "abc"}}
    assert without_sealed(inputs) == {"run": 1, "clone": {"url": "/r"}}
    assert without_sealed(None) is None
