"""Two ends that every wait of a scan obeys: somebody's cancel, and `scan.timeout`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from common.errors import Failure
from common.jobs import Cancel


class Limit:
    """How long this scan may go on."""

    def __init__(self, cancel: Cancel, seconds: float):
        self._cancel, self._seconds = cancel, seconds
        self._until = time.monotonic() + seconds

    def check(self) -> None:
        """Raises Canceled, or Failure once the time is up."""
        self._cancel.check()
        if time.monotonic() >= self._until:
            raise Failure(f"the scan took longer than {self._seconds:g} s: set a longer scan.timeout, or make the image smaller")

    @contextmanager
    def guard(self, end: Callable[[], None]) -> Iterator[None]:
        """Call `end` in another thread, should either end come before the block is left."""
        timer = threading.Timer(max(0.0, self._until - time.monotonic()), end)
        timer.daemon = True
        timer.start()
        forget = self._cancel.on_request(end)
        try:
            yield
        finally:
            forget()
            timer.cancel()
