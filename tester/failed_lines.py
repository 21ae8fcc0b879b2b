"""Where in the log a failing test speaks of itself: "FAILED tests/test_cart.py::test_total", "--- FAIL: TestTotal"."""

from __future__ import annotations

import re

from common.wire.contracts import TestCase

from .report import BAD

MARKS = re.compile(r"FAIL|ERROR|not ok|[✕✗✖×●]")
KEPT = 5000           # lines with a mark; a command that prints more is found by its first ones
CHARACTERS = 500      # of each


class FailedLines:
    """Sees every line of one command, remembers those that tell of a failure."""

    def __init__(self) -> None:
        self._lines: list[tuple[int, str]] = []

    def see(self, number: int, text: str) -> None:
        if len(self._lines) < KEPT and MARKS.search(text[:CHARACTERS]):
            self._lines.append((number, text[:CHARACTERS]))

    def located(self, case: TestCase) -> TestCase:
        """`case` with the number of its line in the log, where one names it; one that names its file wins."""
        if case.state not in BAD:
            return case
        named = re.compile(rf"(?<!\w){re.escape(case.name)}(?!\w)")
        found = [(number, text) for number, text in self._lines if named.search(text)]
        if not found:
            return case
        exact = [number for number, text in found if case.file and case.file in text]
        return case.model_copy(update={"log_line": exact[0] if exact else found[0][0]})
