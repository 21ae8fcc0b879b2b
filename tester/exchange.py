"""One HTTP request to the candidate and its whole answer, bounded in time and in memory.

A connection goes to the address that the deployer gave and nowhere else: redirects are answers, not directions,
and no proxy of the environment is asked.

    NoAnswer            no HTTP answer came; its text says what happened instead
    |-- Unreachable     not even a connection
    |-- NotHttp         a connection, and then something that is not HTTP
    `-- TooLate         an answer was still due, or still coming, when time was up
"""

from __future__ import annotations

import http.client
import socket
import time
from dataclasses import dataclass
from urllib.parse import quote

from urllib3 import HTTPHeaderDict
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError, NameResolutionError

from common.wire.contracts import HttpCheck

from .limit import Limit

CONNECT_SECONDS = 3
KEPT_BYTES = 1024**2      # of a body; what comes after is read for its time and dropped
CHUNK = 64 * 1024
SAFE_IN_PATH = "/%?&=:@+$,;!*'()~[]-._"


class NoAnswer(Exception):
    """The text goes into the case's message."""


class Unreachable(NoAnswer):
    pass


class NotHttp(NoAnswer):
    pass


class TooLate(NoAnswer):
    pass


@dataclass(frozen=True)
class Answer:
    status: int
    phrase: str
    headers: list[tuple[str, str]]
    body: bytes            # the first KEPT_BYTES
    size: int              # bytes of the whole body
    seconds: float         # from the connection's begin to the body's last byte

    @property
    def text(self) -> str:
        """The body in its declared charset, else UTF-8; what cannot be decoded is replaced."""
        try:
            return self.body.decode(self._charset(), "replace")
        except LookupError:
            return self.body.decode("utf-8", "replace")

    def _charset(self) -> str:
        message = http.client.HTTPMessage()
        message["Content-Type"] = dict((name.lower(), value) for name, value in self.headers).get("content-type", "")
        return message.get_content_charset() or "utf-8"


def exchange(host: str, port: int, check: HttpCheck, limit: Limit, seconds: float) -> Answer:
    """Send `check` to host:port and read the whole answer, for at most `seconds`.

    Raises NoAnswer, or Canceled and TimeUp as `limit` has it, within moments of either.
    """
    began = time.monotonic()
    connection = connect(host, port, limit)
    sock = connection.sock
    try:
        with limit.guard(lambda: _hang_up(sock), seconds) as late:
            try:
                answer = _talk(connection, check, began)
            except (HTTPError, http.client.HTTPException, OSError) as problem:
                _raise_ended(limit, late, began)
                raise NotHttp(f"did not answer in HTTP ({_cause(problem)})") from problem
            except ValueError as problem:      # a header or path that HTTP cannot carry
                raise NotHttp(f"cannot be sent: {problem}") from problem
            _raise_ended(limit, late, began)
            return answer
    finally:
        connection.close()
        sock.close()


def connect(host: str, port: int, limit: Limit) -> HTTPConnection:
    """An open connection; raises Unreachable."""
    limit.check()
    connection = HTTPConnection(host, port, timeout=min(CONNECT_SECONDS, limit.remaining))
    try:
        connection.connect()
    except (HTTPError, OSError) as problem:
        limit.check()
        raise Unreachable(_unreachable(host, port, problem)) from problem
    connection.sock.settimeout(None)           # the guard ends it
    return connection


def _talk(connection: HTTPConnection, check: HttpCheck, began: float) -> Answer:
    headers = HTTPHeaderDict({"Accept": "*/*", "User-Agent": "continuum-tester", "Connection": "close"})
    for name, value in check.headers.items():
        headers[name] = value
    connection.request(check.method, _target(check.path), body=check.body.encode() if check.body else None,
                       headers=headers, preload_content=False)
    response = connection.getresponse()
    kept, size = bytearray(), 0
    for chunk in response.stream(CHUNK, decode_content=True):
        size += len(chunk)
        kept += chunk[:KEPT_BYTES - len(kept)]
    return Answer(response.status, response.reason or "", list(response.headers.items()), bytes(kept), size,
                  time.monotonic() - began)


def _target(path: str) -> str:
    return quote(path if path.startswith("/") else f"/{path}", safe=SAFE_IN_PATH)


def _hang_up(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return      # the other side was faster, and whoever reads has been woken by that


def _raise_ended(limit: Limit, late, began: float) -> None:
    limit.check()
    if late.is_set():
        raise TooLate(f"did not answer in full within {time.monotonic() - began:.1f} s")


def _unreachable(host: str, port: int, problem: Exception) -> str:
    if isinstance(problem, NameResolutionError):
        return f"found no address for {host}"
    return f"could not connect to {host}:{port} ({_cause(problem)})"


def _cause(problem: BaseException) -> str:
    """The innermost cause: urllib3 wraps the socket's own words twice."""
    while problem.__cause__ is not None:
        problem = problem.__cause__
    return getattr(problem, "strerror", None) or str(problem) or type(problem).__name__
