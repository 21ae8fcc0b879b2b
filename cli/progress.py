"""Progress on the terminal: what is being done, how long it has taken, never
silent for more than five seconds.

Plain lines, since they read the same in a terminal, a CI log and a pipe.
"""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

SILENCE = 4.0  # seconds without a line after which a sign of life is printed
WIDTH = 110


class Task:
    """One piece of work under way; `note` tells what it does at the moment, `say` prints a line at once."""

    def __init__(self, name: str, started: float, say: Callable[[str], None]):
        self.name, self.started, self.say, self.activity = name, started, say, ""

    def note(self, text: str) -> None:
        self.activity = " ".join(text.split())


class Progress:
    """Prints a line when a task starts and ends, and signs of life in between.

    Tasks may run side by side in threads. `close` ends the ticking thread.
    """

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic,
                 silence: float = SILENCE):
        self._stream = stream or sys.stderr
        self._clock = clock
        self._silence = silence
        self._tasks: list[Task] = []
        self._lock = threading.RLock()
        self._last_line = clock()
        self._stop = threading.Event()
        self._ticker: threading.Thread | None = None

    def say(self, text: str) -> None:
        """One line, at once."""
        with self._lock:
            self._last_line = self._clock()
            print(text, file=self._stream, flush=True)

    @contextmanager
    def task(self, name: str) -> Iterator[Task]:
        """Work with a name: its start, its end and its duration are printed."""
        task = Task(name, self._clock(), self.say)
        self._begin(task)
        mark = "failed"
        try:
            yield task
            mark = "done"
        except Exception as problem:
            problem.add_note(name)      # the last screen names what was tried
            raise
        finally:
            with self._lock:
                self._tasks.remove(task)
            self.say(f"  {mark:6} {name} ({self._clock() - task.started:.1f} s)")

    def _begin(self, task: Task) -> None:
        with self._lock:
            self._tasks.append(task)
            if self._ticker is None:
                self._ticker = threading.Thread(target=self._tick, daemon=True)
                self._ticker.start()
        self.say(f"  start  {task.name}")

    def _tick(self) -> None:
        while not self._stop.wait(0.5):
            self.sign_of_life()

    def sign_of_life(self) -> None:
        """Print what runs and for how long, if nothing was printed for a while."""
        with self._lock:
            now = self._clock()
            if not self._tasks or now - self._last_line < self._silence:
                return
            for task in [t for t in self._tasks if t.activity] or self._tasks:
                line = f"  {now - task.started:4.0f} s {task.name}: {task.activity}"
                self.say(line if len(line) <= WIDTH else line[: WIDTH - 1] + "…")

    def close(self) -> None:
        self._stop.set()
