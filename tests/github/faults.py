"""Trouble on demand: each rule makes the requests that it fits go wrong, a number of times or until it is cleared."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from typing import Literal

from flask import Response, jsonify, request

Kind = Literal["slow", "500", "502", "html", "page", "secondary", "401", "truncated"]
DOCS = "https://docs.github.com/rest"
LONGEST = 120      # seconds that a slow answer is held back when nobody clears it


@dataclass
class Fault:
    kind: Kind
    path: str = ""                 # a regular expression, searched in the path; "" fits each
    method: str | None = None
    times: int | None = None       # None: until it is cleared
    seconds: float = LONGEST       # of "slow", and Retry-After of "secondary"
    status: int = 403              # of "page": what a proxy in between answers


class Faults:
    """Safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Fault] = []
        self._cleared = threading.Event()
        self.held = 0              # requests that wait in "slow" now

    def add(self, kind: Kind, path: str = "", *, method: str | None = None, times: int | None = None,
            seconds: float = LONGEST, status: int = 403) -> None:
        with self._lock:
            self._cleared.clear()
            self._rules.append(Fault(kind, path, method, times, seconds, status))

    def clear(self) -> None:
        """Slow answers come now."""
        with self._lock:
            self._rules.clear()
            self._cleared.set()

    def apply(self) -> Response | None:
        """The answer that goes wrong, or None where the request is answered as usual (after a while, if slow)."""
        fault = self._next()
        if fault is None:
            return None
        if fault.kind == "slow":
            with self._lock:
                self.held += 1
            self._cleared.wait(fault.seconds)
            with self._lock:
                self.held -= 1
            return None
        return _ANSWERS[fault.kind](fault)

    def _next(self) -> Fault | None:
        with self._lock:
            for rule in self._rules:
                if rule.method in (None, request.method) and re.search(rule.path, request.path):
                    if rule.times is not None:
                        rule.times -= 1
                        self._rules = [left for left in self._rules if left.times != 0]
                    return rule
        return None


def refusal(status: int, message: str, **headers: str) -> Response:
    answer = jsonify(message=message, documentation_url=DOCS, status=str(status))
    answer.status_code = status
    answer.headers.update(headers)
    return answer


def _secondary(fault: Fault) -> Response:
    return refusal(403, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
                   **{"Retry-After": str(int(fault.seconds))})


def _html(_: Fault) -> Response:
    return Response("<html><body>Unicorn! We had issues producing the response to your request.</body></html>",
                    mimetype="text/html")


_ANSWERS = {
    "500": lambda _: refusal(500, "Server Error"),
    "502": lambda _: Response("<html>Bad gateway</html>", 502, mimetype="text/html"),
    "401": lambda _: refusal(401, "Bad credentials"),
    "truncated": lambda _: Response('{"id": 1, "na', mimetype="application/json"),
    "html": _html,
    "page": lambda fault: Response("<html>Your proxy asks you to sign in.</html>", fault.status, mimetype="text/html"),
    "secondary": _secondary,
}
