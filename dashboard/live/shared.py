"""One question for all who ask the same at the same time: a thousand viewers of a log look at one job."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

KEPT = 256      # answers


class Shared:
    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic):
        """An answer is good for `seconds` from when it was asked for; who comes meanwhile waits for the same."""
        self._seconds, self._clock = seconds, clock
        self._answers: OrderedDict[Hashable, _Answer] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, ask: Callable[[], object]):
        """What `ask()` answered, now or just before; raises what it raises, to each who waited for it."""
        with self._lock:
            answer = self._answers.get(key)
            if answer is None or self._clock() - answer.asked > self._seconds:
                answer = self._answers[key] = _Answer(self._clock())
                self._answers.move_to_end(key)
                while len(self._answers) > KEPT:
                    self._answers.popitem(last=False)
        return answer.of(ask)


class _Answer:
    def __init__(self, asked: float):
        self.asked = asked
        self._lock = threading.Lock()
        self._value: tuple | None = None

    def of(self, ask: Callable[[], object]):
        with self._lock:
            if self._value is None:
                self._value = (ask(),)
            return self._value[0]
