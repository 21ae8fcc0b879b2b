"""Literal text as a LIKE pattern."""

from __future__ import annotations


def contains(text: str) -> str:
    """The pattern that matches texts with `text` in them; %, _ and backslash stand for themselves."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
