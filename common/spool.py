"""Messages wait on disk until the broker confirmed them.

A SQLite file, so that a killed process loses nothing that was added; bounded, so that a broker that is away
cannot fill the disk: when it is full, whoever adds waits.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable
from pathlib import Path


class Spool:
    """First in, first out; safe for several threads. A message keeps its number until it is removed."""

    def __init__(self, path: str, max_bytes: int):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        # WAL without fsync survives the death of the process, which is what is promised; a power cut ends the
        # jobs whose lines these are as well.
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=OFF")
        self._db.execute("CREATE TABLE IF NOT EXISTS spool (id INTEGER PRIMARY KEY AUTOINCREMENT, "
                         "key TEXT NOT NULL, body BLOB NOT NULL)")
        self._max = max_bytes
        self._changed = threading.Condition()
        self._bytes = self._db.execute("SELECT coalesce(sum(length(body)), 0) FROM spool").fetchone()[0]

    @property
    def bytes(self) -> int:
        return self._bytes

    @property
    def full(self) -> bool:
        return self._bytes >= self._max

    def add(self, key: str, body: bytes) -> None:
        """Blocks while the spool is full."""
        with self._changed:
            self._changed.wait_for(lambda: not self.full)
            self._db.execute("INSERT INTO spool (key, body) VALUES (?, ?)", (key, body))
            self._bytes += len(body)
            self._changed.notify_all()

    def after(self, last: int, count: int) -> list[tuple[int, str, bytes]]:
        """At most `count` messages with a number above `last`, in order: (number, routing key, body)."""
        with self._changed:
            return self._db.execute("SELECT id, key, body FROM spool WHERE id > ? ORDER BY id LIMIT ?",
                                    (last, count)).fetchall()

    def remove(self, numbers: Iterable[int]) -> None:
        with self._changed:
            self._db.execute("BEGIN")
            for number in numbers:
                row = self._db.execute("DELETE FROM spool WHERE id = ? RETURNING length(body)",
                                       (number,)).fetchone()
                self._bytes -= row[0] if row else 0
            self._db.execute("COMMIT")
            self._changed.notify_all()

    def wait_empty(self, timeout: float) -> bool:
        """True once nothing waits; False after `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._bytes == 0, timeout)

    def close(self) -> None:
        self._db.close()
