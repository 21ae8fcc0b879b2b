"""Threads that stay after their work, so that their connections to the other services stay too.

A connection belongs to a thread (common/service/client.py), and a new one costs several milliseconds on both sides: with a
thread made for each stage, that was half of what we add to an empty stage.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

KEPT = 24            # threads that wait for work; more are made when needed, and end afterwards


class Threads:
    """`do` never waits: there is always a thread. Those that worked last are taken first, their connections live."""

    def __init__(self, kept: int = KEPT):
        self._kept = kept
        self._lock = threading.Lock()
        self._idle: list[queue.SimpleQueue] = []

    def do(self, name: str, work: Callable[[], None]) -> None:
        """Call `work` in a thread of that name; what it raises is logged."""
        with self._lock:
            tasks = self._idle.pop() if self._idle else None
        if tasks is None:
            tasks = queue.SimpleQueue()
            threading.Thread(target=self._serve, args=(tasks,), daemon=True).start()
        tasks.put((name, work))

    def _serve(self, tasks: queue.SimpleQueue) -> None:
        while True:
            threading.current_thread().name, work = tasks.get()
            try:
                work()
            except Exception:        # the border of a thread that others use after it
                log.exception("%s broke", threading.current_thread().name)
            del work                 # what it refers to must not live on while we wait
            with self._lock:
                if len(self._idle) >= self._kept:
                    return
                self._idle.append(tasks)
