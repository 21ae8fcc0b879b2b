"""A client's socket that does not wait for it without end. What is late is over, as if the client had hung up."""

from __future__ import annotations

import errno
import socket
import time

import gevent

from .waiting import Waiting

HEAD = 15            # seconds from the first byte of a request to the end of its headers
BODY = 20            # seconds that a body may take, and one more for each RATE bytes of it
ANSWER = 30          # the same of an answer
RATE = 16 * 1024     # bytes a second: the slowest line that is not cut
IDLE = 75            # seconds between two requests
LONGEST_HEAD = 32 * 1024      # bytes; gunicorn copies all that it has of a head each time that more of it comes
TOO_LONG = (b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Type: text/plain\r\n"
            b"Content-Length: 45\r\n\r\nThe headers are longer than 32 KB: send less.")


class Guarded:
    """Everything that it does not do itself, the socket does."""

    def __init__(self, sock, address: str, waiting: Waiting, clock=time.monotonic):
        self._socket, self._waiting, self._clock = sock, waiting, clock
        self.address, self.held, self.since = address, 0, clock()
        self._end = self.since + HEAD
        self._idle = self._answering = self._over = False

    def __getattr__(self, name: str):
        return getattr(self._socket, name)

    def answering(self) -> None:
        """The headers are here: what is read from now on is the body."""
        self._answering, self._idle = True, False
        self.since = self._clock()
        self._end = self.since + BODY

    def resting(self) -> None:
        """The answer is given: the next request may take a while to begin."""
        self._answering, self._idle, self.held = False, True, 0
        self.since = self._clock()
        self._end = self.since + IDLE

    def recv(self, size: int) -> bytes:
        """b"" once the time is up, the headers are too long, or it was cut."""
        if self.held > LONGEST_HEAD and not self._answering:
            self.sendall(TOO_LONG)
            self._over = True
        left = self._end - self._clock()
        data = self._kept_waiting(left, lambda: self._socket.recv(size)) if left > 0 else None
        self._count(len(data or b""))
        return data or b""

    def sendall(self, data: bytes) -> None:
        """Raises ConnectionResetError, which gunicorn does not log, once the time is up, or it was cut."""
        self._send(lambda: self._socket.sendall(data), len(data))

    def sendfile(self, file, offset: int = 0, count: int | None = None) -> int:
        return self._send(lambda: self._socket.sendfile(file, offset, count), count or 0)

    def cut(self) -> None:
        """Ends what its greenlet waits for."""
        self._over = True
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:      # the client was faster
            return

    def close(self) -> None:
        self._over = True
        self._waiting.remove(self)
        self._socket.close()

    def _count(self, size: int) -> None:
        self.held += size
        if self._answering:
            self._end += size / RATE
        elif size and self._idle:
            self._idle, self.since = False, self._clock()
            self._end = self.since + HEAD

    def _send(self, send, size: int):
        self.since = self._clock()
        sent = self._kept_waiting(ANSWER + size / RATE, lambda: (send(),))
        if sent is None:
            self._over = True
            raise ConnectionResetError(errno.ECONNRESET, "the client did not take its answer in time")
        return sent[0]

    def _kept_waiting(self, seconds: float, work):
        """What `work` returns; None once the time is up, or the connection was cut."""
        if self._over:
            return None
        self._waiting.add(self)
        try:
            with gevent.Timeout(seconds, False):
                return work()
            return None
        except OSError:
            if self._over:      # by `cut`, which ends whatever waits for the socket
                return None
            raise
        finally:
            self._waiting.remove(self)
