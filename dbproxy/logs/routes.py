"""The log endpoints."""

from __future__ import annotations

import time as clock
from collections.abc import Iterator
from datetime import datetime, timezone

from flask import Blueprint, Response, jsonify, request

from common.api.events import FoundLines, StepRanges
from common.wire.errors import BadRequest

from ..access import callers
from ..answers import answers
from ..database import Database, Transaction, database, transactional
from ..paging import number
from . import reader

bp = Blueprint("logs", __name__)

MOST_LINES = 5000
STORED_WITHIN = 5.0        # seconds that a line takes from its print to the store, at most; mostly 3
LOOK_AGAIN = 0.1
STREAMED_AT_ONCE = 1000
J = "/v1/log/<int:run>/<stage>.<int:attempt>"
MOST_STEPS = 32767
TIMES = ("off", "elapsed", "clock")


@bp.get(J)
@callers("dashboard", "orchestrator")
@transactional
def lines(transaction: Transaction, run: int, stage: str, attempt: int):
    """`?from=1&count=1000`: consecutive lines [number, at in ms, step, text, continues the one before], at most 5,000; `last`
    is the highest number stored. `complete`: the job is over and every line of it is stored or given up.

    `complete` is looked at before the lines: what is read after it is at least as much.
    """
    log = reader.find_log(transaction, run, stage, attempt)
    complete, last = reader.is_complete(transaction, log), reader.last_stored(transaction, log)
    found = reader.read(transaction, log, number("from", 1, 1, 2**31 - 1), number("count", 1000, 1, MOST_LINES))
    return jsonify(lines=found, last=last, complete=complete)


@bp.get(J + "/find")
@callers("dashboard", "orchestrator")
@answers(FoundLines)
@transactional
def find(transaction: Transaction, run: int, stage: str, attempt: int):
    """The first 10,000 lines, of all or of one `?step=`, that hold the text `?q=` as they are read, without their colours."""
    text = request.args.get("q", "")
    if not text or "\0" in text:
        raise BadRequest("q is the text to look for")
    step = number("step", 0, 0, MOST_STEPS) or None
    numbers, truncated = reader.find(transaction, reader.find_log(transaction, run, stage, attempt), text, step)
    return {"numbers": numbers, "truncated": truncated}


@bp.get(J + "/ranges")
@callers("dashboard", "orchestrator")
@answers(StepRanges)
@transactional
def ranges(transaction: Transaction, run: int, stage: str, attempt: int):
    """Where the lines of a step are, as [first, last] of each stretch: steps that run side by side mix theirs."""
    step = number("step", 1, 1, MOST_STEPS)
    found, truncated = reader.step_ranges(transaction, reader.find_log(transaction, run, stage, attempt), step)
    return {"ranges": found, "truncated": truncated}


@bp.get(J + "/text")
@callers("dashboard", "orchestrator")
def text(run: int, stage: str, attempt: int):
    """The whole log as text, streamed. Waits up to 5 s for line `?upto=`; `?time=off|elapsed|clock`."""
    time = request.args.get("time") or "off"
    if time not in TIMES:
        raise BadRequest(f"time is one of {', '.join(TIMES)}")
    log = database().run(reader.find_log, run, stage, attempt)
    pieces = _stream(database(), log, time, number("upto", 0, 0, 2**31 - 1))
    return Response(pieces, content_type="text/plain; charset=utf-8")


def _stream(store: Database, log: reader.Log, time: str, upto: int) -> Iterator[str]:
    """In pieces, each read in its own transaction, so that a slow reader holds none open."""
    first, zero = 1, None
    while page := _page(store, log, first, upto):
        zero = page[0][1] if zero is None else zero
        yield "".join(_printed(line, time, zero) for line in page)
        first = page[-1][0] + 1
    if first > 1:
        yield "\n"


def _page(store: Database, log: reader.Log, first: int, upto: int) -> list[reader.Line]:
    """The next lines; up to the one that somebody saw already they are waited for."""
    give_up = clock.monotonic() + STORED_WITHIN
    while not (page := store.run(reader.read, log, first, STREAMED_AT_ONCE)) and first <= upto:
        if clock.monotonic() > give_up:
            break
        clock.sleep(LOOK_AGAIN)
    return page


def _printed(line: reader.Line, time: str, zero: int) -> str:
    """With the newline before it: a line that continues the one before has none."""
    seq, at, _, text, continued = line
    if continued:
        return text
    start = "" if seq == 1 else "\n"
    if time == "clock":
        return f"{start}{datetime.fromtimestamp(at / 1000, timezone.utc).isoformat(timespec='milliseconds')} {text}"
    if time == "elapsed":
        return f"{start}{(at - zero) / 1000:10.3f} {text}"
    return start + text
