"""All connections whose client keeps us waiting: for the next request, for the rest of one, or to take an answer.

They may hold so much memory in all. Past that, those that waited longest are cut, of the address that holds most: a
flood of half-sent requests drives out itself, and nobody whose requests come whole notices.
"""

from __future__ import annotations

import time
from collections import defaultdict
from typing import Protocol

from common.wire.addresses import network

MOST = 64 * 1024**2      # bytes, of all that wait
EACH = 32 * 1024         # bytes that a connection takes by itself, so 2,048 wait at most
FREED = 8                # an eighth of MOST is freed at once, so that a flood costs little for each of its connections
SHARE = 4                # a quarter of an address's connections is cut before another one may hold the most


class Connection(Protocol):
    address: str
    held: int            # bytes of the request that were read
    since: float         # when its client began to keep us waiting

    def cut(self) -> None: ...


class Waiting:
    def __init__(self, most: int = MOST):
        self._most, self._total = most, 0
        self._sizes: dict[Connection, int] = {}
        self._of: defaultdict[str, set[Connection]] = defaultdict(set)
        self._held: defaultdict[str, int] = defaultdict(int)

    def __len__(self) -> int:
        return len(self._sizes)

    def add(self, connection: Connection) -> None:
        """`connection` waits from now on; others may be cut for it, and it for others."""
        self.remove(connection)
        key, size = network(connection.address), EACH + connection.held
        self._sizes[connection] = size
        self._of[key].add(connection)
        self._held[key] += size
        self._total += size
        if self._total > self._most:
            self._make_room()

    def remove(self, connection: Connection) -> None:
        size = self._sizes.pop(connection, None)
        if size is None:
            return
        key = network(connection.address)
        self._of[key].discard(connection)
        self._held[key] -= size
        self._total -= size
        if not self._of[key]:
            del self._of[key], self._held[key]

    def _make_room(self) -> None:
        while self._sizes and self._total > self._most - self._most // FREED:
            theirs = sorted(self._of[self._greediest()], key=lambda connection: connection.since)
            for connection in theirs[:max(1, len(theirs) // SHARE)]:
                self.remove(connection)
                connection.cut()

    def _greediest(self) -> str:
        """The address that holds most; of several that hold the same, the one that has waited longest."""
        now = time.monotonic()
        return max(self._of, key=lambda key: (self._held[key], now - min(found.since for found in self._of[key])))
