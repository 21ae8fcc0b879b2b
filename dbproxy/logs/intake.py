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
        try:
            message = decode(body)
        except Unreadable as problem:
            self._reject(tag, str(problem))
            return
        self._batch.add(tag, message, len(body))
        self._tell_tally()

    def due_in(self) -> float | None:
        """Seconds until `write` has something to do; None: not before the next delivery."""
        due = self._batch.due_in()
        return None if due is None else max(due, self._retry_at - self._clock(), 0.0)

    def write(self) -> None:
        """Store and acknowledge what waits, if a write is due. Never raises StoreAway: it will be due again."""
        while self.due_in() == 0:
            taken = self._batch.first()
            try:
                self._store_and_settle(taken)
            except StoreAway as problem:
                self._wait_for_store(problem, len(taken))
                return
            self._retry, self._tally.store_problem = RETRY_FIRST, None
            self._tell_tally()

    def _store_and_settle(self, taken: list[Waiting]) -> None:
        try:
            self._store([waiting.message for waiting in taken])
        except Refused:
            self._one_by_one(taken)
            return
        self._channel.basic_ack(delivery_tag=taken[-1].tag, multiple=True)
        self._tally.stored([waiting.message for waiting in taken])
        self._batch.remove(len(taken))

    def _one_by_one(self, taken: list[Waiting]) -> None:
        for waiting in taken:
            try:
                self._store([waiting.message])
            except Refused as problem:
                self._reject(waiting.tag, str(problem))
            else:
                self._channel.basic_ack(delivery_tag=waiting.tag, multiple=False)
                self._tally.stored([waiting.message])
            self._batch.remove(1)

    def _reject(self, tag: int, why: str) -> None:
        log.warning("a message goes to the dead-letter queue: %s", why)
        self._channel.basic_reject(delivery_tag=tag, requeue=False)
        self._tally.rejected(why)

    def _wait_for_store(self, problem: StoreAway, count: int) -> None:
        log.warning("%d messages wait, the store is away: %s", count, problem)
        self._tally.store_problem = str(problem)
        self._retry_at = self._clock() + self._retry
        self._retry = min(self._retry * 2, RETRY_LAST)

    def _tell_tally(self) -> None:
        waiting = self._batch.first()[:1]
        self._tally.waiting(len(self._batch), waiting[0].message.at_first if waiting else None)
