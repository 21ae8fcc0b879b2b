"""Two ends that every wait of a test obeys: somebody's cancel, and `test.timeout`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from common.worker.jobs import Cancel


class TimeUp(Exception):
    """`test.timeout` has passed; the stage makes a Failure of it."""


class Limit:
    """How long this job may go on."""

    def __init__(self, cancel: Cancel, seconds: float):
        self._cancel = cancel
        self._until = time.monotonic() + seconds

    @property
    def remaining(self) -> float:
        """Seconds left, never below 0."""
        return max(0.0, self._until - time.monotonic())

    def check(self) -> None:
        """Raises Canceled or TimeUp."""
        self._cancel.check()
        if self.remaining <= 0:
            raise TimeUp()

    @contextmanager
    def guard(self, end: Callable[[], None], seconds: float = float("inf")) -> Iterator[threading.Event]:
        """Call `end` in another thread, should either end come, or `seconds` pass, before the block is left.

        `end` unblocks what the block waits for. The event that is yielded is set where time, not a cancel,
        was the cause.
        """
        late = threading.Event()

        def expire() -> None:
            late.set()
            end()

        timer = threading.Timer(min(seconds, self.remaining), expire)
        timer.daemon = True
        timer.start()
        forget = self._cancel.on_request(lambda: threading.Thread(target=end, daemon=True).start())
        try:
            yield late
        finally:
            forget()
            timer.cancel()
