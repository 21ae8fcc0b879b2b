"""Server-sent events (WHATWG HTML, 9.2): how they are written, and the answer that carries them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

from flask import Response, g, request, stream_with_context

from common.errors import BadRequest, Problem, ServiceDown

from ..auth import identity, targets
from ..auth.actor import current
from ..auth.rights import right_on

PING_EVERY = 15         # seconds; tells dead connections from quiet ones
RECHECK_EVERY = 60      # seconds; a right that was taken away ends the stream
SLOWEST = 30            # seconds that a client may take for one write before it is cut
RETRY = b"retry: 1000\n\n"
PING = b": ping\n\n"


def event(kind: str, data, number: int | None = None) -> bytes:
    head = f"id: {number}\n" if number is not None else ""
    return f"{head}event: {kind}\ndata: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


def last_seen(after: int | None) -> int | None:
    """The header of a browser that reconnects goes before the parameter."""
    header = request.headers.get("Last-Event-ID", "")
    if not header:
        return after
    if not header.isdecimal() or len(header) > 18:
        raise BadRequest("Last-Event-ID must be a number")
    return int(header)


def respond(chunks: Iterator[bytes], cap) -> Response:
    """`chunks` as an answer that ends by itself when its reader stalls or loses the right to see."""
    account = current().id
    cap.check(account)
    _limit_writes()

    def guarded():
        with cap.hold(account):
            try:
                yield from _while_allowed(chunks)
            except ServiceDown as problem:      # the reader resumes where it was once the service is back
                yield event("away", {"detail": str(problem)})
    return Response(stream_with_context(guarded()), content_type="text/event-stream; charset=utf-8",
                    headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})


def _while_allowed(chunks: Iterator[bytes]) -> Iterator[bytes]:
    checked = time.monotonic()
    for chunk in chunks:
        yield chunk
        if time.monotonic() - checked > RECHECK_EVERY:
            checked = time.monotonic()
            if not _still_allowed():
                return


def _limit_writes() -> None:
    socket = request.environ.get("gunicorn.socket")
    if socket is not None:
        socket.settimeout(SLOWEST)


def _still_allowed() -> bool:
    """A service that is away for a moment takes no right from anyone."""
    try:
        actor = identity.again(current())
        return actor is not None and ("repo" not in g or right_on(actor, targets.repo(g.repo["id"])) is not None)
    except ServiceDown:
        return True
    except Problem:
        return False
