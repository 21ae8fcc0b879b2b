"""What a container prints, line by line while it prints."""

from __future__ import annotations

import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable

from docker.utils.socket import frames_iter

from common.secrets.masking import Masker
from common.worker.joblog import SHOW_EVERY
from common.worker.lines import LineReader, Piece

from .engine import Engine

LAST = 10             # lines kept for a reason
CLOSE_TIMEOUT = 3     # seconds that the last lines may take after the container's end


class Follower:
    """Attached before the container starts, so that its first line is not missed; a thread reads.

    Standard output and error are told apart only so that their lines are not mixed up.
    """

    def __init__(self, engine: Engine, container: str, write: Callable[[Piece], object], masker: Masker,
                 show: Callable[[str], object] = lambda state: None):
        """`write` gets the pieces as they are, `show` now and then the state of a line that is rewritten; `masker` knows
        the secrets that a cut must not go through."""
        self._write, self._show, self._shown_at = write, show, 0.0
        self._readers = {1: LineReader(masker), 2: LineReader(masker)}
        self.last: deque[str] = deque(maxlen=LAST)
        parameters = {"stdout": 1, "stderr": 1, "stream": 1, "logs": 0}
        self._stream = engine.api.attach_socket(container, parameters)
        self._socket: socket.socket = getattr(self._stream, "_sock", self._stream)
        self._socket.settimeout(None)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._read, name=f"output-{container[:12]}", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Read to the end: for a container that is over."""
        self._thread.join(CLOSE_TIMEOUT)
        self.stop()

    def stop(self) -> None:
        """Write no more; the container goes on."""
        self._stopped.set()
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:                          # the other end closed it first
            self._thread.join(CLOSE_TIMEOUT)
        self._thread.join(CLOSE_TIMEOUT)
        self._stream.close()

    def _read(self) -> None:
        try:
            for stream, data in frames_iter(self._stream, tty=False):
                self._take(self._readers[stream].feed(data))
                self._show_state(self._readers[stream].state)
        except (OSError, ValueError):            # shut down by stop() in the middle of a frame
            self._stopped.set()
        for reader in self._readers.values():
            self._take(reader.end())

    def _show_state(self, state: str | None) -> None:
        if state and not self._stopped.is_set() and time.monotonic() - self._shown_at >= SHOW_EVERY:
            self._shown_at = time.monotonic()
            self._show(state)

    def _take(self, pieces: Iterable[Piece]) -> None:
        for piece in pieces:
            if not self._stopped.is_set():
                self.last.append(piece.text)
                self._write(piece)
