"""What goes wrong at the stand-in when a test asks for it."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import Literal

from flask import Response, request

SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
Kind = Literal["500", "502", "html", "secondary", "secondary_words", "forbidden", "slow"]


@dataclass
class Failure:
    """For requests whose `METHOD path` matches, `times` of them. `release`: a slow answer comes once it is set."""

    matches: re.Pattern[str]
    kind: Kind
    times: int
    retry_after: int = 30
    release: threading.Event = field(default_factory=threading.Event)
    hits: int = 0


class Failures:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted: list[Failure] = []

    def add(self, kind: Kind, matches: str = "", times: int = 1_000_000, retry_after: int = 30) -> Failure:
        made = Failure(re.compile(matches), kind, times, retry_after)
        with self._lock:
            self._wanted.append(made)
        return made

    def clear(self) -> None:
        with self._lock:
            gone, self._wanted = self._wanted, []
        for failure in gone:
            failure.release.set()

    def answer(self) -> Response | None:
        """Instead of the request's own answer."""
        failure = self._due(f"{request.method} {request.path}")
        return _ANSWERS[failure.kind](failure) if failure else None

    def _due(self, what: str) -> Failure | None:
        with self._lock:
            found = next((item for item in self._wanted if item.hits < item.times and item.matches.search(what)), None)
            if found:
                found.hits += 1
            return found


def _json(status: int, message: str, **headers: str) -> Response:
    from .gate import refusal
    return refusal(status, message, {name.replace("_", "-"): value for name, value in headers.items()})


def _page(failure: Failure) -> Response:
    return Response("<!DOCTYPE html><title>Please sign in to the proxy</title>", 200, content_type="text/html")


def _slow(failure: Failure) -> Response | None:
    failure.release.wait(60)
    return None


_ANSWERS = {
    "500": lambda failure: Response("<html>Unicorn!</html>", 500, content_type="text/html"),
    "502": lambda failure: Response("<html>Bad gateway</html>", 502, content_type="text/html"),
    "html": _page,
    "secondary": lambda failure: _json(403, SECONDARY, Retry_After=str(failure.retry_after)),
    "secondary_words": lambda failure: _json(403, SECONDARY),
    "forbidden": lambda failure: _json(403, "Resource protected by organization SAML enforcement.",
                                       X_GitHub_SSO="required; url=https://github.invalid/orgs/acme/sso"),
    "slow": _slow,
}
