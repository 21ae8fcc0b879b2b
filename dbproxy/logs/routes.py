"""The log endpoints."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

from flask import Blueprint, Response, jsonify, request

from common.errors import BadRequest

from ..access import callers
from ..database import Database, Transaction, database, transactional
from ..paging import number
from . import reader

bp = Blueprint("logs", __name__)

MOST_LINES = 5000
STREAMED_AT_ONCE = 1000
J = "/v1/log/<int:run>/<stage>.<int:attempt>"
TIMES = ("off", "elapsed", "clock")


@bp.get(J)
@callers("dashboard", "orchestrator")
@transactional
def lines(transaction: Transaction, run: int, stage: str, attempt: int):
    """`complete` is looked at before the lines: what is read after it is at least as much."""
    log = reader.find_log(transaction, run, stage, attempt)
    complete, last = reader.is_complete(transaction, log), reader.last_stored(transaction, log)
    found = reader.read(transaction, log, number("from", 1, 1, 2**31 - 1), number("count", 1000, 1, MOST_LINES))
    return jsonify(lines=found, last=last, complete=complete)


@bp.get(J + "/find")
@callers("dashboard", "orchestrator")
@transactional
def find(transaction: Transaction, run: int, stage: str, attempt: int):
    text = request.args.get("q", "")
    if not text or "\0" in text:
        raise BadRequest("q is the text to look for")
    numbers, truncated = reader.find(transaction, reader.find_log(transaction, run, stage, attempt), text)
    return jsonify(numbers=numbers, truncated=truncated)


@bp.get(J + "/text")
@callers("dashboard", "orchestrator")
def text(run: int, stage: str, attempt: int):
    time = request.args.get("time") or "off"
    if time not in TIMES:
        raise BadRequest(f"time is one of {', '.join(TIMES)}")
    log = database().run(reader.find_log, run, stage, attempt)
    return Response(_stream(database(), log, time), content_type="text/plain; charset=utf-8")


def _stream(store: Database, log: reader.Log, time: str) -> Iterator[str]:
    """In pieces, each read in its own transaction, so that a slow reader holds none open."""
    first, zero = 1, None
    while page := store.run(reader.read, log, first, STREAMED_AT_ONCE):
        zero = page[0][1] if zero is None else zero
        yield "".join(_printed(line, time, zero) for line in page)
        first = page[-1][0] + 1
    if first > 1:
        yield "\n"


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
