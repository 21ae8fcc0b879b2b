"""A folder for each scan, gone with it. What a killed scanner left is swept at the next start.

    ROOT/<one a process>/lock        held by the living process; a folder whose lock is free is nobody's
    ROOT/<one a process>/<one a scan>/
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

log = logging.getLogger(__name__)


class Workspace:
    """`start()` belongs into the process that scans: a lock that was taken before a fork is shared by both.

    The process's own folder goes at the next start, not at its end: scans that still run would break on it.
    """

    def __init__(self, root: Path):
        self.root = root
        self.own: Path | None = None      # this process's folder, once started
        self._lock = -1

    def start(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        self.own = Path(tempfile.mkdtemp(prefix="process-", dir=self.root))
        self._lock = os.open(self.own / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.sweep()

    @contextmanager
    def folder(self, name: str) -> Iterator[Path]:
        """A fresh folder, removed when the block ends."""
        folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.own))
        try:
            yield folder
        finally:
            shutil.rmtree(folder)

    def sweep(self) -> list[str]:
        """Remove the folders of processes that are no more; their names."""
        swept = [folder.name for folder in self.root.iterdir() if folder != self.own and self._remove(folder)]
        if swept:
            log.info("removed what killed scans left: %s", ", ".join(swept))
        return swept

    def _remove(self, folder: Path) -> bool:
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        else:
            shutil.rmtree(folder)
            return True
        finally:
            os.close(lock)
