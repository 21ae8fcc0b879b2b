"""From deliveries to stored lines: the rules between the broker's channel and the store, without either's library.

A message is acknowledged after the commit that stored it, never before; one that can never be stored is rejected
to the dead-letter queue; while the store is away everything is kept, unacknowledged, and tried again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from .batch import Batch, Waiting
from .message import Message, Unreadable, decode
from .tally import Tally

log = logging.getLogger(__name__)

RETRY_FIRST, RETRY_LAST = 0.2, 5.0      # seconds between tries while the store is away


class StoreAway(Exception):
    """Nothing can be stored now; later perhaps."""


class Refused(Exception):
    """The store will never take one of these messages."""


class Channel(Protocol):
    def basic_ack(self, delivery_tag: int, multiple: bool) -> None: ...
    def basic_reject(self, delivery_tag: int, requeue: bool) -> None: ...


class Intake:
    """For one channel, on its connection's thread. `store(messages)` commits, or raises StoreAway or Refused."""

    def __init__(self, channel: Channel, store: Callable[[Sequence[Message]], None], clock: Callable[[], float],
                 tally: Tally):
        self._channel, self._store, self._clock, self._tally = channel, store, clock, tally
        self._batch = Batch(clock)
        self._retry_at, self._retry = 0.0, RETRY_FIRST

    def receive(self, tag: int, body: bytes) -> None:
        self._batch.add(tag, body)
        self._tell_tally()

    def due_in(self) -> float | None:
        """Seconds until `write` has something to do; None: not before the next delivery."""
        due = self._batch.due_in()
        return None if due is None else max(due, self._retry_at - self._clock(), 0.0)

    def write(self) -> None:
        """Store and acknowledge what waits, while a write is due. Never raises StoreAway: it will be due again."""
        while self.due_in() == 0:
            taken = self._readable(self._batch.first())
            try:
                self._store_and_settle(taken)
            except StoreAway as problem:
                self._wait_for_store(problem, len(taken))
                return
            self._retry, self._tally.store_problem = RETRY_FIRST, None
            self._tell_tally()

    def _readable(self, waiting: list[Waiting]) -> list[tuple[Waiting, Message]]:
        """Those that are messages; the others go to the dead-letter queue now."""
        readable = []
        for each in waiting:
            try:
                readable.append((each, decode(each.body)))
            except Unreadable as problem:
                self._reject(each, str(problem))
        return readable

    def _store_and_settle(self, taken: list[tuple[Waiting, Message]]) -> None:
        if not taken:
            return
        try:
            self._store([message for _, message in taken])
        except Refused:
            self._one_by_one(taken)
            return
        self._channel.basic_ack(delivery_tag=taken[-1][0].tag, multiple=True)
        self._settled(taken)

    def _one_by_one(self, taken: list[tuple[Waiting, Message]]) -> None:
        for waiting, message in taken:
            try:
                self._store([message])
            except Refused as problem:
                self._reject(waiting, str(problem))
            else:
                self._channel.basic_ack(delivery_tag=waiting.tag, multiple=False)
                self._settled([(waiting, message)])

    def _settled(self, taken: list[tuple[Waiting, Message]]) -> None:
        self._batch.settle([waiting for waiting, _ in taken])
        self._tally.stored([message for _, message in taken])

    def _reject(self, waiting: Waiting, why: str) -> None:
        log.warning("a message goes to the dead-letter queue: %s", why)
        self._channel.basic_reject(delivery_tag=waiting.tag, requeue=False)
        self._batch.settle([waiting])
        self._tally.rejected(why)

    def _wait_for_store(self, problem: StoreAway, count: int) -> None:
        log.warning("%d messages wait, the store is away: %s", count, problem)
        self._tally.store_problem = str(problem)
        self._retry_at = self._clock() + self._retry
        self._retry = min(self._retry * 2, RETRY_LAST)

    def _tell_tally(self) -> None:
        self._tally.waiting(len(self._batch), self._batch.oldest_seconds())
