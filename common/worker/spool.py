"""Messages wait on disk until the broker confirmed them.

A SQLite file, so that a killed process loses nothing that was added; bounded, so that a broker that is away
cannot fill the disk: when it is full, whoever adds waits.
"""

from __future__ import annotations

import fcntl
import sqlite3
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

MOST_SHARING = 64      # processes on one volume


class Spool:
    """First in, first out; safe for several threads. A message keeps its number until it is removed.

    The file is opened at the first use, so that importing an app takes none. Containers of a scaled worker share a
    volume: each takes the first of `path`, `path.1`, `path.2`, … that no other has, and so empties what a container
    that is gone left behind.
    """

    def __init__(self, path: str, max_bytes: int):
        self._path, self._max = path, max_bytes
        self._changed = threading.Condition()
        self._open: sqlite3.Connection | None = None
        self._bytes = 0

    @property
    def bytes(self) -> int:
        with self._changed:
            self._connection()
            return self._bytes

    @property
    def full(self) -> bool:
        return self.bytes >= self._max

    def add(self, key: str, body: bytes) -> None:
        """Blocks while the spool is full."""
        with self._changed:
            db = self._connection()
            self._changed.wait_for(lambda: self._bytes < self._max)
            db.execute("INSERT INTO spool (key, body) VALUES (?, ?)", (key, body))
            self._bytes += len(body)
            self._changed.notify_all()

    def after(self, last: int, count: int) -> list[tuple[int, str, bytes]]:
        """At most `count` messages with a number above `last`, in order: (number, routing key, body)."""
        with self._changed:
            return self._connection().execute("SELECT id, key, body FROM spool WHERE id > ? ORDER BY id LIMIT ?",
                                              (last, count)).fetchall()

    def remove(self, numbers: Iterable[int]) -> None:
        with self._changed:
            db = self._connection()
            db.execute("BEGIN")
            for number in numbers:
                row = db.execute("DELETE FROM spool WHERE id = ? RETURNING length(body)", (number,)).fetchone()
                self._bytes -= row[0] if row else 0
            db.execute("COMMIT")
            self._changed.notify_all()

    def wait_empty(self, timeout: float) -> bool:
        """True once nothing waits; False after `timeout` seconds."""
        with self._changed:
            self._connection()
            return self._changed.wait_for(lambda: self._bytes == 0, timeout)

    def close(self) -> None:
        """Give the file back; the next process takes it over."""
        with self._changed:
            if self._open:
                self._open.close()
                self._lock.close()
                self._open = None

    def _connection(self) -> sqlite3.Connection:
        """Called with the condition held."""
        if self._open is None:
            path, self._lock = _take(self._path)
            self._open = _prepared(path)
            self._bytes = self._open.execute("SELECT coalesce(sum(length(body)), 0) FROM spool").fetchone()[0]
        return self._open


def _take(path: str) -> tuple[str, TextIO]:
    """The first free file and the lock on it, which the kernel lets go of when the process dies."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    for number in range(MOST_SHARING):
        candidate = f"{path}.{number}" if number else path
        lock = open(f"{candidate}.lock", "w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
        else:
            return candidate, lock
    raise RuntimeError(f"{MOST_SHARING} other processes use the spools at {path}")


def _prepared(path: str) -> sqlite3.Connection:
    db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    # WAL without fsync survives the death of the process, which is what is promised; a power cut ends the
    # jobs whose lines these are as well.
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=OFF")
    db.execute("CREATE TABLE IF NOT EXISTS spool (id INTEGER PRIMARY KEY AUTOINCREMENT, "
               "key TEXT NOT NULL, body BLOB NOT NULL)")
    return db
