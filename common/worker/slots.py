"""The places for work of one process, given out in the order in which they were asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(eq=False)
class Ticket:
    """One request for a slot. `begin()` is called once it has the slot; `wait(ahead)` while `ahead` others come first.

    Both are called under the lock of the slots: they return quickly, and never ask for a slot themselves.
    """

    begin: Callable[[], None]
    wait: Callable[[int], None]
    ahead: int = -1              # the number that `wait` was called with last


class Slots:
    """Safe for several threads. Who began calls `release` exactly once; who still waits may `leave`."""

    def __init__(self, count: int):
        self._free = count
        self._waiting: list[Ticket] = []
        self._lock = threading.Lock()

    def ask(self, ticket: Ticket) -> None:
        with self._lock:
            self._waiting.append(ticket)
            self._give_out()

    def leave(self, ticket: Ticket) -> None:
        """Stop waiting; nothing happens where the ticket has its slot already."""
        with self._lock:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
                self._give_out()

    def release(self) -> None:
        with self._lock:
            self._free += 1
            self._give_out()

    def _give_out(self) -> None:
        while self._free and self._waiting:
            self._free -= 1
            self._waiting.pop(0).begin()
        for ahead, ticket in enumerate(self._waiting):
            if ticket.ahead != ahead:
                ticket.ahead = ahead
                ticket.wait(ahead)
