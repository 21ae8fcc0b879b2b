"""So many streams an account, so that one person's forgotten tabs take nothing from the others."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..auth.attempts import TooMany

RETRY_AFTER = 5      # seconds

Gone = Callable[[], bool]


class Cap:
    """A stream whose reader has gone ends at its next word, which may be a while: it takes nobody's place until then.

    Whoever goes from page to page opens a stream on each, and would be refused for those of the pages before.
    """

    def __init__(self, limit: int):
        self._limit = limit
        self._open: defaultdict[int, dict[object, Gone]] = defaultdict(dict)
        self._lock = threading.Lock()

    def check(self, account: int) -> None:
        with self._lock:
            self._check(account)

    @contextmanager
    def hold(self, account: int, gone: Gone = lambda: False) -> Iterator[None]:
        """`gone` tells whether the reader has hung up."""
        stream = object()
        with self._lock:
            self._check(account)
            self._open[account][stream] = gone
        try:
            yield
        finally:
            with self._lock:
                del self._open[account][stream]
                if not self._open[account]:
                    del self._open[account]

    def _check(self, account: int) -> None:
        streams = self._open.get(account, {})
        if len(streams) >= self._limit and sum(not gone() for gone in streams.values()) >= self._limit:
            raise TooMany(f"{self._limit} live streams are open for this account: close a page", RETRY_AFTER)
