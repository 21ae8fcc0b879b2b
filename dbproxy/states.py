"""Lists of states in SQL. They stand in the text of a statement, since Postgres then knows which index fits."""

from __future__ import annotations

from common.wire import stages


def _listed(names: tuple[str, ...]) -> str:
    """For `IN`; the names are those of our own table, never a caller's."""
    return f"({', '.join(repr(name) for name in names)})"


NOT_OVER = _listed(stages.UNFINISHED)
FAILED = _listed(stages.FAILED)
