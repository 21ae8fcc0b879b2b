"""What a port speaks: a request, its first answer, and a verdict.

    http     an HTTP/1 answer, whatever its status
    h2c      HTTP/2 without TLS: the server's preface answers ours (RFC 9113, 3.3 and 3.4)
    tls      a TLS record: an alert to a plain request, or the answer to a client's hello
    other    bytes that are none of these: a greeting (SMTP, MySQL) or a refusal in its own words (Redis)
    silent   it accepts the connection and sends nothing
    closed   it accepts the connection and ends it without a byte
    refused  nobody listens
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

Kind = Literal["http", "h2c", "tls", "other", "silent", "closed", "refused"]

CONNECT_TIMEOUT = 0.5    # seconds; a container next door answers or refuses at once
ANSWER_TIMEOUT = 10.0    # seconds for the first bytes: an app that has just started may take some
SECOND_TIMEOUT = 2.0     # seconds for the answer to a preface or a hello, which need no work of the app
SLICE = 0.5              # seconds between two calls of `meanwhile`
HOST = "localhost"       # what apps that check the Host header allow most often
SAFE_IN_PATH = "/%?&=:@+$,;!*'()~[]-._"
ENOUGH = 12              # bytes: "HTTP/1.1 200"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"      # and an empty SETTINGS frame
SETTINGS = 4             # type of a frame
_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})")


@dataclass(frozen=True)
class Answer:
    """`status`: of http alone. `detail`: a sentence's beginning for people, e.g. "HTTP 200 on /"."""

    port: int
    kind: Kind
    detail: str
    status: int | None = None


def ask(host: str, port: int, path: str = "/", *, timeout: float = ANSWER_TIMEOUT, names: tuple[str, ...] = (HOST,),
        meanwhile: Callable[[], object] = lambda: None) -> Answer:
    """GET `path`; redirects are not followed. `names`: Host headers; the next one is tried where a connection is
    closed without an answer, as servers do for hosts that they do not know. `meanwhile` is called while we wait, and
    may raise."""
    answer = Answer(port, "refused", f"nothing listens on port {port}")
    for name in names:
        answer = _ask_as(name, host, port, path, timeout, meanwhile)
        if answer.kind != "closed":
            break
    return answer


def _ask_as(name: str, host: str, port: int, path: str, timeout: float, meanwhile: Callable[[], object]) -> Answer:
    target = quote(path if path.startswith("/") else f"/{path}", safe=SAFE_IN_PATH)
    request = f"GET {target} HTTP/1.1\r\nHost: {name}\r\nUser-Agent: continuum-health\r\nConnection: close\r\n\r\n"
    try:
        first = _first_bytes(host, port, request.encode(), timeout, meanwhile)
    except TimeoutError:
        return Answer(port, "silent", f"port {port} accepts connections but has not answered GET {path} within "
                                      f"{timeout:g} s")
    except OSError:
        return Answer(port, "refused", f"nothing listens on port {port}")
    status = _STATUS.match(first)
    if status and not (status[1] == b"400" and _speaks_tls(host, port, meanwhile)):
        return Answer(port, "http", f"HTTP {int(status[1])} on {path}", int(status[1]))
    if status or _is_tls(first) or (not first and _speaks_tls(host, port, meanwhile)):
        return Answer(port, "tls", f"port {port} speaks TLS")
    if (not first or _is_settings(first)) and _speaks_h2c(host, port, meanwhile):
        return Answer(port, "h2c", f"port {port} speaks HTTP/2 without TLS (h2c)")
    if first:
        return Answer(port, "other", f"port {port} answers in another protocol than HTTP")
    return Answer(port, "closed", f"port {port} closes connections without answering GET {path}")


def _speaks_h2c(host: str, port: int, meanwhile: Callable[[], object]) -> bool:
    return _is_settings(_second(host, port, PREFACE, meanwhile))


def _speaks_tls(host: str, port: int, meanwhile: Callable[[], object]) -> bool:
    return _is_tls(_second(host, port, _hello(), meanwhile))


def _second(host: str, port: int, sent: bytes, meanwhile: Callable[[], object]) -> bytes:
    """The first bytes on a connection of its own; none where it is silent or gone."""
    try:
        return _first_bytes(host, port, sent, SECOND_TIMEOUT, meanwhile)
    except OSError:
        return b""


def _first_bytes(host: str, port: int, sent: bytes, timeout: float, meanwhile: Callable[[], object]) -> bytes:
    """What comes back first; nothing where the connection is closed or reset. Raises TimeoutError where it stays
    silent, other OSErrors where nobody accepts."""
    end, found = time.monotonic() + timeout, b""
    try:
        connection = socket.create_connection((host, port), CONNECT_TIMEOUT)
    except ConnectionResetError:      # it was accepted, and ended before we knew
        return b""
    except TimeoutError as problem:
        raise ConnectionRefusedError(f"no connection to {host}:{port} within {CONNECT_TIMEOUT} s") from problem
    with connection:
        connection.settimeout(SLICE)
        try:
            connection.sendall(sent)
            while len(found) < ENOUGH:
                more = _receive(connection, end, meanwhile)
                if not more:
                    break
                found += more
        except TimeoutError:
            if not found:
                raise
        except ConnectionError:
            return found
    return found


def _receive(connection: socket.socket, end: float, meanwhile: Callable[[], object]) -> bytes:
    while True:
        try:
            return connection.recv(4096)
        except TimeoutError:
            meanwhile()
            if time.monotonic() > end:
                raise


def _hello() -> bytes:
    """A TLS client's first message."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    out = ssl.MemoryBIO()
    try:
        context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=HOST).do_handshake()
    except ssl.SSLWantReadError:
        return out.read()
    raise RuntimeError("a TLS handshake was over before it began")


def _is_tls(first: bytes) -> bool:
    """A record of the type alert or handshake (RFC 8446, 5.1)."""
    return len(first) > 2 and first[0] in (0x15, 0x16) and first[1] == 3


def _is_settings(first: bytes) -> bool:
    """A SETTINGS frame of the connection itself (RFC 9113, 4.1): 3 bytes of length, type, flags, stream 0."""
    return len(first) >= 9 and first[3] == SETTINGS and first[5:9] == b"\0\0\0\0"
