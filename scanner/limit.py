"""What bounds a scan: somebody's cancel, `scan.timeout`, and the size of what the tools make of a stranger's image."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from common.wire.errors import Failure
from common.worker.jobs import Cancel

# Bytes that are read into memory. Python takes seven times as much (measured), and two scans go side by side.
MOST_SBOM = 48 * 1024**2        # some 20,000 packages
MOST_REPORT = 96 * 1024**2      # some 10,000 matches


def read(path: Path, most: int, what: str) -> bytes:
    """Return the file's content; raises Failure for more than `most` bytes."""
    if path.stat().st_size > most:
        raise Failure(f"{what} is larger than {most // 1024**2} MiB: the image holds more packages than a scan takes; build "
                      "it in stages and copy only what the app needs")
    return path.read_bytes()


class Limit:
    """How long this scan may go on."""

    def __init__(self, cancel: Cancel, seconds: float):
        self._cancel, self._seconds = cancel, seconds
        self._until = time.monotonic() + seconds

    def check(self) -> None:
        """Raises Canceled, or Failure once the time is up."""
        self._cancel.check()
        if time.monotonic() >= self._until:
            raise Failure(f"the scan took longer than {self._seconds:g} s: set a longer scan.timeout, or make the image smaller",
                          error="timeout")

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
