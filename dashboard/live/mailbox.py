"""Between a reader and one slow or quick stream: bounded, never blocks the reader."""

from __future__ import annotations

import threading
from collections import deque


class Lost:
    """Stands for everything that a full mailbox, or a lost connection, swallowed: read the store again."""


LOST = Lost()


class Mailbox:
    def __init__(self, limit: int):
        self._limit = limit
        self._items: deque = deque()
        self._some = threading.Condition()

    def put(self, item) -> None:
        """A mailbox that is full forgets all and holds LOST alone."""
        with self._some:
            if len(self._items) >= self._limit:
                self._items.clear()
                item = LOST
            if not (item is LOST and self._items and self._items[-1] is LOST):
                self._items.append(item)
            self._some.notify()

    def take(self, timeout: float):
        """The next item, or None after `timeout` seconds."""
        with self._some:
            self._some.wait_for(lambda: self._items, timeout)
            return self._items.popleft() if self._items else None
