"""When a write is due: at 15 messages, or 3 s after the first that waits, whichever is sooner."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

DUE_MESSAGES = 15
DUE_SECONDS = 3.0
MOST_MESSAGES = 2000             # of one write
MOST_BYTES = 1024**2             # unpacked they take ten times as much


class Waiting(NamedTuple):
    tag: int                     # delivery tag
    body: bytes                  # unpacked only when it is written: unpacked it takes ten times the memory
    since: float                 # on the batch's clock


class Batch:
    """Messages that were delivered and are not stored yet, in the order of their tags."""

    def __init__(self, clock: Callable[[], float]):
        self._clock = clock
        self._waiting: deque[Waiting] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, tag: int, body: bytes) -> None:
        self._waiting.append(Waiting(tag, body, self._clock()))

    def due_in(self) -> float | None:
        """Seconds until a write is due, 0 if it is; None while nothing waits."""
        if not self._waiting:
            return None
        if len(self._waiting) >= DUE_MESSAGES:
            return 0.0
        return max(0.0, self._waiting[0].since + DUE_SECONDS - self._clock())

    def first(self) -> list[Waiting]:
        """What one write takes: all that waits, within 2,000 messages and 1 MiB, at least one message."""
        taken, size = [], 0
        for waiting in self._waiting:
            size += len(waiting.body)
            if taken and (size > MOST_BYTES or len(taken) >= MOST_MESSAGES):
                break
            taken.append(waiting)
        return taken

    def settle(self, taken: list[Waiting]) -> None:
        """These were acknowledged or rejected."""
        settled = {waiting.tag for waiting in taken}
        self._waiting = deque(waiting for waiting in self._waiting if waiting.tag not in settled)

    def oldest_seconds(self) -> float:
        """How long the first message has waited; 0 while nothing waits."""
        return self._clock() - self._waiting[0].since if self._waiting else 0.0
