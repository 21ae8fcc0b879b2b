"""Background work of a service: one function that a thread of its own calls again and again.

    loop = Loop("sweep", self.turn, pause=30, meanwhile="jobs without an owner run on")
    app.background.append(loop.start)
    app.closing.append(loop.stop)
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from ..wire.errors import ContinuumError

log = logging.getLogger(__name__)


class Loop:
    """A daemon thread that calls `work` until `stop`. No exception ends it. Safe for several threads.

    `work` returns the seconds until its next call, or None for `pause`. It may raise one of `unavailable` where something
    that it needs does not answer: the log then says once what that means (`meanwhile`), and once when it is over.
    After a failure the next call comes `retry` seconds later, by default `pause`, and after each further one twice as late,
    up to `longest_retry` where that is given; the first call comes after `first`. A call that lasts says with `well` that
    what it needs answers. `at_end` is called in the thread after the last call.
    """

    def __init__(self, name: str, work: Callable[[], float | None], *, pause: float, meanwhile: str, first: float = 0,
                 retry: float | None = None, longest_retry: float | None = None,
                 unavailable: tuple[type[Exception], ...] = (ContinuumError,), at_end: Callable[[], None] | None = None):
        self.name = name
        self._work, self._pause, self._first, self._at_end = work, pause, first, at_end
        self._retry = pause if retry is None else retry
        self._longest_retry, self._failures = longest_retry, 0
        self._meanwhile, self._unavailable = meanwhile, unavailable
        self._outage = False
        self._stopping, self._woken = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """End the present pause, or the next one where `work` is running."""
        self._woken.set()

    def stop(self, wait: float = 0) -> None:
        """Ask for the end; wait at most `wait` seconds for the call under way."""
        self._stopping.set()
        self._woken.set()
        if wait and self._thread.is_alive():
            self._thread.join(wait)

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()

    def turn(self) -> float:
        """Call `work` once; return the seconds until the next call."""
        try:
            pause = self._work()
        except self._unavailable as problem:
            log.log(logging.DEBUG if self._outage else logging.WARNING, "%s: %s", self._meanwhile,
                    str(problem) or type(problem).__name__)
            self._outage = True
            return self._after_failure()
        except Exception:      # a mistake of ours today must not end the work of tomorrow
            log.exception("%s broke and is tried again", self.name)
            return self._after_failure()
        self.well()
        return self._pause if pause is None else pause

    def well(self) -> None:
        """Say from within `work` that what it needs answers: an outage is over, and the pauses are short again."""
        if self._outage:
            log.info("%s works again", self.name)
        self._outage, self._failures = False, 0

    def _after_failure(self) -> float:
        pause = self._retry * 2 ** min(self._failures, 30)
        self._failures += 1
        return self._retry if self._longest_retry is None else min(pause, self._longest_retry)

    def _run(self) -> None:
        pause = self._first
        while True:
            self._woken.wait(pause)
            self._woken.clear()
            if self.stopping:
                break
            pause = self.turn()
        if self._at_end:
            self._at_end()
