"""Our hold on one run: its fence, and why we might have to stop.

    LostRun     the run has another owner (a write came back with 409 old_fence): write nothing more, touch nothing
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from common.errors import ContinuumError


class LostRun(ContinuumError):
    """Somebody else owns the run now."""


class Hold:
    """One claimed run in this process. Safe for several threads; both marks are final."""

    def __init__(self, run: int, fence: int):
        self.run, self.fence = run, fence
        self._canceled, self._lost = threading.Event(), threading.Event()
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], None]] = []

    @property
    def canceled(self) -> bool:
        """A person asked for the end of the run."""
        return self._canceled.is_set()

    @property
    def lost(self) -> bool:
        return self._lost.is_set()

    def cancel(self) -> None:
        self._mark(self._canceled)

    def lose(self) -> None:
        self._mark(self._lost)

    def check(self) -> None:
        """Raises LostRun once the run is no longer ours."""
        if self.lost:
            raise LostRun(f"run {self.run} has another owner than fence {self.fence}")

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` at each new mark, and now if there is one already."""
        with self._lock:
            self._listeners.append(listener)
            marked = self.canceled or self.lost
        if marked:
            listener()

    def _mark(self, event: threading.Event) -> None:
        with self._lock:
            if event.is_set():
                return
            event.set()
            listeners = list(self._listeners)
        for listener in listeners:
            listener()
