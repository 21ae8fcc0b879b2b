"""How a sentence shows a name that somebody chose."""

from __future__ import annotations

import pytest

from common.wire.errors import LONGEST_NAME, shortened, shown


def test_an_ordinary_name_is_shown_whole():
    assert shortened("feature/a b") == "feature/a b"
    assert shortened("x" * LONGEST_NAME) == "x" * LONGEST_NAME


def test_a_long_name_is_shown_without_its_middle():
    shown = shortened("begin" + "x" * 1000 + "end")
    assert shown.startswith("beginx") and "x…x" in shown and shown.endswith("xend") and len(shown) == LONGEST_NAME + 1


@pytest.mark.parametrize("name, seen", [("feature/größe", "feature/größe"), ("\x80", "\\x80"), ("a\u202eb", "a\\u202eb"),
                                        ("a\u2028b", "a\\u2028b"), ("\ue000", "\\ue000")])
def test_what_has_no_shape_is_shown_as_an_escape(name, seen):
    """Git allows all of these in a branch's name."""
    assert shown(name) == seen


def test_a_long_name_of_such_letters_is_shortened_as_well():
    assert len(shown("\x80" * 1000)) <= 4 * (LONGEST_NAME + 1)
