"""docs/performance.md: a row for each measure; a bench writes its own anew and leaves the others, and the prose."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from pathlib import Path

from bench.measures import Measure

HEAD = ["| what | measured | budget | kept | how |", "|---|---|---|---|---|"]
INTRODUCTION = """# Performance

Made by `./continuum bench`; ratios are of two things run in turn in one go. Absolute times depend on the machine: this one
had {cores} cores and ran {system}.
"""


def table(rows: Iterable[str]) -> list[str]:
    return [*HEAD, *rows]


def write(path: Path, measures: list[Measure]) -> None:
    _, known, prose = _parts(path.read_text() if path.exists() else "")
    rows = {**{_name(row): row for row in known}, **{measure.name: measure.row() for measure in measures}}
    head = INTRODUCTION.format(cores=os.cpu_count(), system=f"{platform.system()} {platform.machine()}")
    path.write_text("\n".join([head, *table(rows.values()), *(["", *prose] if prose else [])]).rstrip() + "\n")


def _parts(text: str) -> tuple[list[str], list[str], list[str]]:
    """(lines before the table, its rows, lines after it)"""
    lines = text.splitlines()
    if HEAD[0] not in lines:
        return lines, [], []
    begin = lines.index(HEAD[0]) + len(HEAD)
    end = next((number for number in range(begin, len(lines)) if not lines[number].startswith("|")), len(lines))
    return lines[:begin], lines[begin:end], "\n".join(lines[end:]).strip().splitlines()


def _name(row: str) -> str:
    return row.split("|")[1].strip()
