"""One request to GitHub, bounded in time and size; nothing is followed, retried or understood here."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from common.wire.errors import TooLarge

from ..base import Sent
from .guard import Guard, GuardedAdapter
from .problems import Away, Slow
from .reply import Reply

CONNECT_TIMEOUT = 4          # seconds
READ_TIMEOUT = 8             # seconds between two parts of the answer; whoever asks us waits for 10 (common/service/client.py)
WHOLE_TIMEOUT = 9            # seconds for all of them
LARGEST = 16 * 1024 * 1024   # bytes
PART = 64 * 1024


class Transport(Protocol):
    def send(self, method: str, url: str, auth: AuthBase, headers: Mapping[str, str], json=None) -> Reply:
        """Raises Away, Slow, TooLarge."""


class HttpTransport:
    """Safe for several threads: each has a session of its own."""

    def __init__(self, guard: Guard, *, read_timeout: float = READ_TIMEOUT):
        self._guard, self._read_timeout, self._local = guard, read_timeout, threading.local()

    def send(self, method: str, url: str, auth: AuthBase, headers: Mapping[str, str], json=None) -> Reply:
        host = urlsplit(url).hostname
        try:
            with self._session().request(method, url, auth=auth, headers=headers, json=json, allow_redirects=False,
                                         stream=True, timeout=(CONNECT_TIMEOUT, self._read_timeout)) as response:
                return Reply(response.status_code, response.headers, _whole(response, host), method)
        except requests.Timeout as problem:
            raise _slow(host) from problem
        except requests.RequestException as problem:
            raise Away(f"{host} cannot be reached ({_cause(problem)}): see whether this machine reaches it, and "
                       "whether GITHUB_URL is right") from problem

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            session = self._local.session = requests.Session()
            for scheme in ("http://", "https://"):
                session.mount(scheme, GuardedAdapter(self._guard))
        return self._local.session


class Counted:
    """A transport that tells `sent` of each request."""

    def __init__(self, inner: Transport, sent: Sent):
        self._inner, self._sent = inner, sent

    def send(self, method: str, url: str, auth: AuthBase, headers: Mapping[str, str], json=None) -> Reply:
        answer = "none"
        try:
            reply = self._inner.send(method, url, auth, headers, json)
            answer = "304" if reply.status == 304 else f"{reply.status // 100}xx"
            return reply
        finally:
            self._sent(method, answer)


def _whole(response: requests.Response, host: str) -> bytes:
    ends, body = time.monotonic() + WHOLE_TIMEOUT, bytearray()
    for part in response.iter_content(PART):
        body += part
        if len(body) > LARGEST:
            raise TooLarge(f"{host} answered more than {LARGEST} bytes")
        if time.monotonic() > ends:
            raise _slow(host)
    return bytes(body)


def _slow(host: str) -> Slow:
    return Slow(f"{host} does not answer in time: try again in a minute; what is shown of it meanwhile is older")


def _cause(problem: Exception) -> str:
    """The innermost cause's kind and, where it is ours, its words; never an address with anything secret."""
    reason = getattr(problem.args[0], "reason", None) if problem.args else None
    inner = getattr(reason, "__cause__", None)
    return str(inner) if type(inner).__name__ == "Internal" else type(reason or problem).__name__
