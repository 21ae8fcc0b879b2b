"""The hourly limit: so many requests for each person (or installation), counted as GitHub does; a 304 costs nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable

from .state import Token

HOUR = 3600


class Limits:
    """`limit` may be lowered by a test. Safe for several threads."""

    def __init__(self, clock: Callable[[], float]):
        self.limit = 5000
        self._clock, self._lock = clock, threading.Lock()
        self._windows: dict[str, tuple[int, int]] = {}      # who -> used, resets at

    def left(self, token: Token | None) -> int:
        return max(0, self.limit - self._window(token)[0])

    def spend(self, token: Token | None) -> None:
        with self._lock:
            used, resets = self._window(token)
            self._windows[_who(token)] = (used + 1, resets)

    def exhaust(self, token: Token | None) -> None:
        """As if all had been spent."""
        with self._lock:
            self._windows[_who(token)] = (self.limit, self._window(token)[1])

    def told(self, token: Token | None) -> dict[str, int]:
        used, resets = self._window(token)
        return {"limit": self.limit, "remaining": self.left(token), "reset": resets, "used": min(used, self.limit)}

    def headers(self, token: Token | None) -> dict[str, str]:
        told = self.told(token)
        return {"X-RateLimit-Resource": "core", **{f"X-RateLimit-{name.title()}": str(n) for name, n in told.items()}}

    def _window(self, token: Token | None) -> tuple[int, int]:
        now = self._clock()
        used, resets = self._windows.get(_who(token), (0, 0))
        return (used, resets) if now < resets else (0, int(now) + HOUR)


def _who(token: Token | None) -> str:
    if token is None:
        return "anonymous"
    return f"installation-{token.installation.id}" if token.installation else token.account.login
