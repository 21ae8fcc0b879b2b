"""What git said of a local repository, kept for as long as nothing there changed: a git process costs more than all the
rest of a page.

    Signature    changes whenever a branch, a tag or HEAD does; a handful of stat calls, no git
    RefsKept     the refs of the repositories looked at last, each under the signature it had before it was read
    FilesKept    small files by commit and path, which name the same bytes for ever
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

from cachetools import LRUCache

from .base import Refs

REPOSITORIES, FILES = 200, 100      # kept
LARGEST_FILE = 16 * 1024            # bytes; what is read again and again is a .continuum.yml
NAMES = ("HEAD", "packed-refs", "reftable/tables.list")

Signature = frozenset[tuple[str, int, int, int]]


def signature(folder: Path) -> Signature:
    """`folder`: the git directory."""
    found = [_stat(folder / name) for name in NAMES]
    waiting = [folder / "refs" / "heads", folder / "refs" / "tags"]
    while waiting:
        path = waiting.pop()
        found.append(_stat(path))
        waiting.extend(_inside(path))
    return frozenset(entry for entry in found if entry)


class RefsKept:
    def __init__(self) -> None:
        self._kept: LRUCache[Path, tuple[Signature, Refs]] = LRUCache(REPOSITORIES)
        self._lock = threading.Lock()

    def of(self, folder: Path, read: Callable[[], Refs]) -> Refs:
        """A change while `read` reads is seen by the next call: the signature is older than the refs, never newer."""
        now = signature(folder)
        with self._lock:
            kept = self._kept.get(folder)
        if kept is None or kept[0] != now:
            kept = now, read()
            with self._lock:
                self._kept[folder] = kept
        return kept[1]


class FilesKept:
    def __init__(self) -> None:
        self._kept: LRUCache[tuple[Path, str, str], bytes] = LRUCache(FILES)
        self._lock = threading.Lock()

    def of(self, folder: Path, commit: str, path: str, read: Callable[[], bytes]) -> bytes:
        with self._lock:
            content = self._kept.get((folder, commit, path))
        if content is None:
            content = read()
            if len(content) <= LARGEST_FILE:
                with self._lock:
                    self._kept[folder, commit, path] = content
        return content


def _inside(path: Path) -> list[Path]:
    try:
        with os.scandir(path) as entries:
            return [path / entry.name for entry in entries]
    except (FileNotFoundError, NotADirectoryError):
        return []            # a ref, or a folder that went with its last one


def _stat(path: Path) -> tuple[str, int, int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None          # deleted while we looked, or never there
    return str(path), status.st_mtime_ns, status.st_ino, status.st_size
