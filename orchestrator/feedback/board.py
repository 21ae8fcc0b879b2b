"""What is to be told to forges, in the right order, from threads of its own: a forge that is slow or away holds no run up.

A place is where something is told (a commit's context, a comment, a deployment). What comes later replaces what waits at
the same place; of one run nothing unfinished is told after its end, whatever arrives late, unless the run was retried;
and one place is told by one thread at a time, so that the forge hears it in this order.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace

from common.errors import ContinuumError, Problem

from .. import metrics

log = logging.getLogger(__name__)

WAITING = 2000           # notes; past that the oldest are given up, for the run's page has them all
REMEMBERED = 20_000      # places whose last word is remembered
SENDERS = 3
FIRST_PAUSE, LONGEST_PAUSE = 2, 300      # seconds between tries
GIVEN_UP_AFTER = 3600                    # seconds of tries
PASSING = {401, 429, 500, 502, 503, 504}      # 401: whoever it is may sign in again meanwhile


@dataclass(frozen=True, order=True)
class Order:
    """When in the life of things something was true: later runs after earlier ones, lives of a run in their order."""

    run: int
    life: int
    final: bool = False


@dataclass(frozen=True)
class Note:
    place: Hashable
    order: Order
    send: Callable[[], None] = field(compare=False)
    due: float = 0               # by the board's clock
    since: float = 0
    tries: int = 0


class Board:
    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._waiting: OrderedDict[Hashable, Note] = OrderedDict()
        self._last: OrderedDict[Hashable, Order] = OrderedDict()
        self._sending: set[Hashable] = set()
        self._changed = threading.Condition()
        self._stopping = False

    def start(self) -> None:
        for number in range(SENDERS):
            threading.Thread(target=self._send_forever, name=f"feedback-{number}", daemon=True).start()

    def stop(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def put(self, place: Hashable, order: Order, send: Callable[[], None], delay: float = 0) -> None:
        """Returns at once. `delay`: seconds that it may be replaced in, for what is only worth telling if it lasts."""
        with self._changed:
            if not self._news(place, order):
                return
            self._remember(place, order)
            now = self._clock()
            self._waiting.pop(place, None)
            self._waiting[place] = Note(place, order, send, now + delay, now)
            if len(self._waiting) > WAITING:
                given_up, _ = self._waiting.popitem(last=False)
                log.warning("too much waits to be told, this is given up: %s", given_up)
            self._changed.notify_all()

    def send_due(self) -> bool:
        """Send one note that is due; False where none is."""
        with self._changed:
            note = self._take()
        if note is None:
            return False
        self._send(note)
        return True

    def waiting(self) -> int:
        with self._changed:
            return len(self._waiting)

    def _news(self, place: Hashable, order: Order) -> bool:
        last = self._last.get(place)
        return last is None or order >= last

    def _remember(self, place: Hashable, order: Order) -> None:
        self._last[place] = order
        self._last.move_to_end(place)
        if len(self._last) > REMEMBERED:
            self._last.popitem(last=False)

    def _take(self) -> Note | None:
        """The longest waiting one that is due and whose place nobody tells now."""
        now = self._clock()
        note = next((note for note in self._waiting.values()
                     if note.due <= now and note.place not in self._sending), None)
        if note:
            del self._waiting[note.place]
            self._sending.add(note.place)
        return note

    def _send(self, note: Note) -> None:
        try:
            note.send()
            metrics.FEEDBACK.labels("told").inc()
        except ContinuumError as problem:
            self._failed(note, problem)
        except Exception:                    # the border of a note: a mistake of ours must not end the others
            metrics.FEEDBACK.labels("broken").inc()
            log.exception("%s could not be told", note.place)
        finally:
            with self._changed:
                self._sending.discard(note.place)
                self._changed.notify_all()

    def _failed(self, note: Note, problem: ContinuumError) -> None:
        """Tried again later, unless something newer waits by now, or another try would be the same."""
        passing = not isinstance(problem, Problem) or problem.status in PASSING
        now = self._clock()
        if not passing or now - note.since > GIVEN_UP_AFTER:
            metrics.FEEDBACK.labels("refused" if not passing else "given_up").inc()
            log.warning("%s was not told: %s", note.place, problem)
            return
        pause = max(getattr(problem, "retry_after", None) or 0, min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** note.tries))
        with self._changed:
            if note.place not in self._waiting:
                self._waiting[note.place] = replace(note, due=now + pause, tries=note.tries + 1)

    def _send_forever(self) -> None:
        while True:
            with self._changed:
                while not self._stopping and (note := self._take()) is None:
                    self._changed.wait(self._next_due())
                if self._stopping:
                    return
            self._send(note)

    def _next_due(self) -> float | None:
        """Seconds; None: until something is put."""
        dues = [note.due for note in self._waiting.values() if note.place not in self._sending]
        return max(0.01, min(dues) - self._clock()) if dues else None
