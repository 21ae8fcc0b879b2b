"""Literal text as a LIKE pattern."""

from __future__ import annotations


def contains(text: str) -> str:
    """The pattern that matches texts with `text` in them; %, _ and backslash stand for themselves."""
    return f"%{_escaped(text)}%"


def in_order(text: str) -> str:
    """The pattern that matches texts with the letters of `text` in their order, whatever stands between them."""
    return f"%{'%'.join(map(_escaped, text))}%"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
