"""A number that rises whenever something about the deployments changed, for callers that wait."""

from __future__ import annotations

import threading

from common.worker.joblog import now_ms


class Changes:
    def __init__(self) -> None:
        self._version = now_ms()       # rises over restarts too, so that nobody waits for a number long passed
        self._changed = threading.Condition()

    def touch(self) -> None:
        with self._changed:
            self._version += 1
            self._changed.notify_all()

    def wait(self, seen: int, seconds: float) -> int:
        """The version, once it passes `seen` or the time is up."""
        with self._changed:
            self._changed.wait_for(lambda: self._version > seen, seconds)
            return self._version
