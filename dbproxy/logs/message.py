"""One message of the log queue (common/wire/broker.py), checked so that Postgres will take it."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from ..bodies import storable

MOST_ROWS = 2**31 - 1
MOST_STEPS = 2**15 - 1
FIELDS = ("run", "stage", "attempt", "first_seq", "at", "steps", "lines", "parts")
_STAGE = re.compile(r"[a-z]{1,20}")


class Unreadable(ValueError):
    """The message is not what the contract says; it will not get better by trying again."""


class Message(NamedTuple):
    """A row of log_messages but its day."""

    run: int
    stage: str
    attempt: int
    first_seq: int
    last_seq: int
    at_first: int                   # ms since 1970
    offsets: list[int] | None       # ms after at_first; None: all 0
    steps: list[int] | None         # None: all 0
    lines: list[str]
    parts: list[int] | None         # indexes of lines that continue the one before


def decode(body: bytes) -> Message:
    """Raises Unreadable for anything but a whole message."""
    try:
        data = json.loads(body)
        fields = {name: data[name] for name in FIELDS}
    except (ValueError, KeyError, TypeError, RecursionError) as problem:
        raise Unreadable(f"no log message: {type(problem).__name__}") from problem
    _check(**fields)
    return _row(**fields)


def _check(run, stage, attempt, first_seq, at, steps, lines, parts) -> None:
    """Plain tests instead of a model: this runs for every line that is printed anywhere."""
    _need(_whole(run, 1, 2**63 - 1), "run")
    _need(isinstance(stage, str) and _STAGE.fullmatch(stage), "stage")
    _need(_whole(attempt, 1, MOST_ROWS), "attempt")
    _need(isinstance(lines, list) and lines and all(type(line) is str for line in lines), "lines")
    _need(_whole(first_seq, 1, MOST_ROWS - len(lines)), "first_seq")
    _need(isinstance(at, list) and len(at) == len(lines) and all(_whole(time, 0, 2**62) for time in at), "at")
    _need(isinstance(steps, list) and len(steps) == len(lines)
          and all(_whole(step, 0, MOST_ROWS) for step in steps), "steps")
    _need(isinstance(parts, list) and all(_whole(part, 0, len(lines) - 1) for part in parts), "parts")


def _row(run, stage, attempt, first_seq, at, steps, lines, parts) -> Message:
    offsets = [min(max(time - at[0], -MOST_ROWS), MOST_ROWS) for time in at]
    return Message(run, stage, attempt, first_seq, first_seq + len(lines) - 1, at[0],
                   offsets if any(offsets) else None,
                   [min(step, MOST_STEPS) for step in steps] if any(steps) else None,
                   storable(lines), sorted(set(parts)) or None)


def _whole(value, low: int, high: int) -> bool:
    return type(value) is int and low <= value <= high


def _need(good, name: str) -> None:
    if not good:
        raise Unreadable(f"field {name} is not as the contract has it")
