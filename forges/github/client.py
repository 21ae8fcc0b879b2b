"""The one place from which GitHub's API is called: what every request and every answer has in common.

Reads are conditional: an answer that GitHub says is the same costs nothing of the hourly limit. Only reads are tried
again, for a change may have happened though its answer was lost.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urljoin

from cachetools import LRUCache
from pydantic import SecretStr
from requests.auth import AuthBase
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    retry_if_result,
    stop_after_attempt,
    wait_random_exponential,
)

from common.wire.errors import Unavailable

from .bearer import Bearer, mark
from .guard import Guard
from .problems import Away, NotTheApi, of_answer
from .rate import RateLimits
from .reply import Reply
from .transport import HttpTransport, Transport
from .urls import Urls

HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28", "User-Agent": "continuum"}
REDIRECTS = {301, 302, 307, 308}
MOST_REDIRECTS = 3
PER_PAGE = 100
MOST_PAGES = 200
CACHE = 64 * 1024 * 1024     # bytes of answers
SHAPED = 8                   # what is left of an answer is about so many times smaller
PASSING = {502, 503, 504}
TRIES = 3

Shape = Callable[[Any], Any]


@dataclass(frozen=True)
class Kept:
    """An answer that may be asked about again."""

    etag: str
    data: Any
    next: str | None
    size: int


def as_is(data: Any) -> Any:
    return data


class Client:
    """`revoked(token)` is told of every token that GitHub does not accept. Safe for several threads."""

    def __init__(self, urls: Urls, revoked: Callable[[SecretStr], None] = lambda token: None, *,
                 transport: Transport | None = None, limits: RateLimits | None = None):
        self.urls, self._revoked = urls, revoked
        self.transport = transport or HttpTransport(Guard(True if urls.public else None))
        self.limits = limits or RateLimits(urls.host)
        self._cache: LRUCache[tuple, Kept] = LRUCache(CACHE, getsizeof=lambda kept: kept.size)
        self._lock = threading.Lock()

    def get(self, path: str, token: SecretStr | None, params: Mapping[str, Any] | None = None,
            shape: Shape = as_is) -> Any:
        """The JSON, through `shape` (a function of a module: it is part of the answer's name in the cache)."""
        return self._read(self._url(path, params), token, shape).data

    def pages(self, path: str, token: SecretStr | None, params: Mapping[str, Any] | None = None,
              shape: Shape = as_is) -> Iterator[Any]:
        """Each page's JSON, as they are asked for."""
        url = self._url(path, {**(params or {}), "per_page": PER_PAGE})
        for _ in range(MOST_PAGES):
            page = self._read(url, token, shape)
            yield page.data
            if page.next is None:
                return
            url = self._inside(page.next)
        raise Unavailable(f"{self.urls.host} lists more than {MOST_PAGES * PER_PAGE} of them, which is too many to go "
                          "through", error="forge_too_many")

    def change(self, method: str, path: str, token: SecretStr | None, json: Any = None, *,
               auth: AuthBase | None = None) -> Any:
        """POST, PUT, PATCH or DELETE; `auth` instead of a token."""
        return self._json(self._exchange(method, self._url(path), token, auth=auth, json=json))

    def _read(self, url: str, token: SecretStr | None, shape: Shape) -> Kept:
        key = mark(token), url, shape
        with self._lock:
            kept = self._cache.get(key)
        reply = self._exchange("GET", url, token, etag=kept.etag if kept else None)
        if kept and reply.status == 304:
            return kept
        size = len(reply.body) // (1 if shape is as_is else SHAPED) + 200
        fresh = Kept(reply.headers.get("ETag", ""), shape(self._json(reply)), reply.next, size)
        if fresh.etag and fresh.size < CACHE:
            with self._lock:
                self._cache[key] = fresh
        return fresh

    def _exchange(self, method: str, url: str, token: SecretStr | None, *, etag: str | None = None,
                  auth: AuthBase | None = None, json: Any = None) -> Reply:
        headers = {**HEADERS, **({"If-None-Match": etag} if etag else {})}
        for _ in range(MOST_REDIRECTS + 1):
            self.limits.check(token)
            reply = self._send(method, url, auth or Bearer(token), headers, json)
            self.limits.note(token, reply)
            if reply.status not in REDIRECTS:
                return self._judged(reply, token)
            url = self._inside(urljoin(url, reply.headers.get("Location", "")))
        raise NotTheApi(f"{self.urls.host} sends from one address to the next without an end")

    def _send(self, method: str, url: str, auth: AuthBase, headers: Mapping[str, str], json: Any) -> Reply:
        def once() -> Reply:
            return self.transport.send(method, url, auth, headers, json)
        if method != "GET":
            return once()
        again = retry_if_exception_type(Away) | retry_if_result(lambda reply: reply.status in PASSING)
        retrying = Retrying(retry=again, stop=stop_after_attempt(TRIES), retry_error_callback=_last,
                            wait=wait_random_exponential(multiplier=0.1, max=1))
        return retrying(once)

    def _judged(self, reply: Reply, token: SecretStr | None) -> Reply:
        if reply.status == 401 and token and not reply.is_page:
            self._revoked(token)
        if reply.status >= 400:
            raise of_answer(reply, self.urls.host)
        return reply

    def _json(self, reply: Reply) -> Any:
        try:
            return reply.json()
        except ValueError as problem:
            raise NotTheApi(f"{self.urls.host} answered something else than its API does: see whether GITHUB_URL and "
                            "GITHUB_API_URL are right, and whether a proxy stands between") from problem

    def _url(self, path: str, params: Mapping[str, Any] | None = None) -> str:
        return f"{self.urls.api}{path}" + (f"?{urlencode(params)}" if params else "")

    def _inside(self, url: str) -> str:
        """An address that an answer gave, if it is the API's own: a token goes nowhere else (attack S39)."""
        if not self.urls.in_api(url):
            raise NotTheApi(f"{self.urls.host} sends to an address that is not its API: nothing was asked there; see "
                            "whether GITHUB_API_URL is right")
        return url


def part(text: str) -> str:
    """One part of a path."""
    return quote(str(text), safe="")


def repo_path(owner: str, name: str, *rest: str | int) -> str:
    """`/repos/{owner}/{name}/…`"""
    return "/".join(["/repos", part(owner), part(name), *(part(item) for item in rest)])


def _last(state: RetryCallState) -> Reply:
    return state.outcome.result()
