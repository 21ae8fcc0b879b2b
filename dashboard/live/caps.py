"""So many streams an account, so that one person's forgotten tabs take nothing from the others."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from ..auth.attempts import TooMany

RETRY_AFTER = 5      # seconds


class Cap:
    def __init__(self, limit: int):
        self._limit = limit
        self._open: Counter[int] = Counter()
        self._lock = threading.Lock()

    def check(self, account: int) -> None:
        if self._open[account] >= self._limit:
            raise TooMany(f"{self._limit} live streams are open for this account: close a page", RETRY_AFTER)

    @contextmanager
    def hold(self, account: int) -> Iterator[None]:
        with self._lock:
            self.check(account)
            self._open[account] += 1
        try:
            yield
        finally:
            with self._lock:
                self._open[account] -= 1
                if not self._open[account]:
                    del self._open[account]
