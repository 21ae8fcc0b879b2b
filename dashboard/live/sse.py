"""Server-sent events (WHATWG HTML, 9.2): how they are written, and the answer that carries them."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterable, Iterator

from flask import Response, current_app, g, request

from common.wire.errors import BadRequest, Problem, ServiceDown

from ..auth import identity
from ..auth.actor import Actor, current
from ..auth.visible import visible

PING_EVERY = 10         # seconds; tells dead connections from quiet ones, here and in the browser (feed.js)
RECHECK_EVERY = 60      # seconds; a right that was taken away ends the stream
SLOWEST = 30            # seconds that a client may take for one write before it is cut
LARGEST_ID = 2**62      # nanoseconds since 1970 until 2116; Postgres holds it, and one more
RETRY = b"retry: 1000\n\n"
PING = b"event: ping\ndata: {}\n\n"      # no comment, which a browser would not be told of
ESTABLISHED = 1         # TCP_ESTABLISHED of Linux; a reader who hung up leaves CLOSE_WAIT


def event(kind: str, data, number: int | None = None) -> bytes:
    head = f"id: {number}\n" if number is not None else ""
    return f"{head}event: {kind}\ndata: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


def last_seen(after: int | None) -> int | None:
    """The header of a browser that reconnects goes before the parameter."""
    header = request.headers.get("Last-Event-ID", "")
    if not header:
        return after
    if not header.isdecimal() or len(header) > 19 or int(header) > LARGEST_ID:
        raise BadRequest("Last-Event-ID must be a number that a stream gave")
    return int(header)


def respond(chunks: Iterator[bytes], cap, repos: Iterable[int] = ()) -> Response:
    """`chunks` as an answer that ends by itself when its reader stalls or loses the right to see: the repository of
    the address, and each of `repos`.

    They are made after the request's own context is gone: whoever makes them brings the clients along.
    """
    actor = current()
    cap.check(actor.id)
    connection = request.environ.get("gunicorn.socket")
    if connection is not None:
        connection.settimeout(SLOWEST)
    allowed = _checker(actor, frozenset(repos) | ({g.repo.id} if "repo" in g else set()))

    def guarded():
        with cap.hold(actor.id, lambda: hung_up(connection)):
            try:
                yield from _while_allowed(chunks, allowed)
            except ServiceDown as problem:      # the reader resumes where it was once the service is back
                yield event("away", {"detail": str(problem)})
    return Response(guarded(), content_type="text/event-stream; charset=utf-8",
                    headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})


def _while_allowed(chunks: Iterator[bytes], allowed: Callable[[], bool]) -> Iterator[bytes]:
    checked = time.monotonic()
    for chunk in chunks:
        yield chunk
        if time.monotonic() - checked > RECHECK_EVERY:
            checked = time.monotonic()
            if not allowed():
                return


def hung_up(connection: socket.socket | None) -> bool:
    """Has the reader closed its side? Asked of the kernel, since a write would not tell before the one after it."""
    if connection is None:
        return False
    try:
        return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] != ESTABLISHED
    except OSError:      # closed on our side, too
        return True


def _checker(actor: Actor, repos: frozenset[int]) -> Callable[[], bool]:
    """Tells whether `actor` may still see all of `repos`; asked once for all of their streams about the same."""
    app = current_app._get_current_object()
    checked = app.extensions["checked"]

    def look() -> bool:
        with app.app_context():
            try:
                again = identity.again(actor)
                return again is not None and visible(again, repos) == repos
            except ServiceDown:      # what is away for a moment takes no right from anyone
                return True
            except Problem:
                return False
    return lambda: checked.get((actor.secret_hash, repos), look)
