"""How a sentence shows a name that somebody chose."""

from __future__ import annotations

from common.errors import LONGEST_NAME, shortened


def test_an_ordinary_name_is_shown_whole():
    assert shortened("feature/a b") == "feature/a b"
    assert shortened("x" * LONGEST_NAME) == "x" * LONGEST_NAME


def test_a_long_name_is_shown_without_its_middle():
    shown = shortened("begin" + "x" * 1000 + "end")
    assert shown.startswith("beginx") and "x…x" in shown and shown.endswith("xend") and len(shown) == LONGEST_NAME + 1
