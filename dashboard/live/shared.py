"""One question for all who ask the same at the same time: a thousand viewers of a log look at one job."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable

from cachetools import TTLCache

KEPT = 256      # answers


class Shared:
    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic):
        """An answer is good for `seconds` from when it was asked for; who comes meanwhile waits for the same."""
        self._answers: TTLCache[Hashable, _Answer] = TTLCache(KEPT, seconds, clock)
        self._lock = threading.Lock()

    def get(self, key: Hashable, ask: Callable[[], object]):
        """What `ask()` answered, now or just before; raises what it raises, to each who waited for it."""
        with self._lock:
            answer = self._answers.get(key)
            if answer is None:
                answer = self._answers[key] = _Answer()
        return answer.of(ask)


class _Answer:
    def __init__(self):
        self._lock = threading.Lock()
        self._value: tuple | None = None

    def of(self, ask: Callable[[], object]):
        with self._lock:
            if self._value is None:
                self._value = (ask(),)
            return self._value[0]
