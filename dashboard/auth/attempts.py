"""Counts what went wrong by address, and says for how long no more is heard."""

from __future__ import annotations

import threading
import time

from cachetools import LRUCache

from common.wire.errors import Problem

KEPT = 10_000      # addresses


class TooMany(Problem):
    status, error = 429, "too_many"

    def __init__(self, detail: str, retry_after: float):
        super().__init__(detail)
        self.retry_after = retry_after


class Attempts:
    def __init__(self, limit: int, window: float, clock=time.monotonic):
        """After `limit` counts within `window` seconds, `check` raises until the window is over."""
        self._limit, self._window, self._clock = limit, window, clock
        self._counts: LRUCache[str, tuple[float, int]] = LRUCache(KEPT)      # key -> (window's begin, counts)
        self._lock = threading.Lock()

    def check(self, key: str) -> None:
        with self._lock:
            begin, count = self._counts.get(key, (0.0, 0))
        left = begin + self._window - self._clock()
        if count >= self._limit and left > 0:
            raise TooMany(f"too many wrong tries; the next one is heard in {left:.0f} s", left)

    def count(self, key: str) -> None:
        with self._lock:
            begin, count = self._counts.get(key, (self._clock(), 0))
            if self._clock() - begin > self._window:
                begin, count = self._clock(), 0
            self._counts[key] = (begin, count + 1)
