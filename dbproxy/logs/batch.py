"""When a write is due: at 15 messages, or 3 s after the first that waits, whichever is sooner."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from .message import Message

DUE_MESSAGES = 15
DUE_SECONDS = 3.0
MOST_MESSAGES = 2000             # of one write
MOST_BYTES = 16 * 1024**2


class Waiting(NamedTuple):
    tag: int                     # delivery tag
    message: Message
    size: int                    # bytes of the body
    since: float                 # on the batch's clock


class Batch:
    """Messages that were delivered and are not stored yet, in the order of their tags."""

    def __init__(self, clock: Callable[[], float]):
        self._clock = clock
        self._waiting: deque[Waiting] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, tag: int, message: Message, size: int) -> None:
        self._waiting.append(Waiting(tag, message, size, self._clock()))

    def due_in(self) -> float | None:
        """Seconds until a write is due, 0 if it is; None while nothing waits."""
        if not self._waiting:
            return None
        if len(self._waiting) >= DUE_MESSAGES:
            return 0.0
        return max(0.0, self._waiting[0].since + DUE_SECONDS - self._clock())

    def first(self) -> list[Waiting]:
        """What one write takes: all that waits, within 2,000 messages and 16 MiB, at least one message."""
        taken, size = [], 0
        for waiting in self._waiting:
            size += waiting.size
            if taken and (size > MOST_BYTES or len(taken) >= MOST_MESSAGES):
                break
            taken.append(waiting)
        return taken

    def remove(self, count: int) -> None:
        """The first `count` are settled."""
        for _ in range(count):
            self._waiting.popleft()
