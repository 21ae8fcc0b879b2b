"""Folders of this process: one for each job, gone when it ends; those of a killed process are swept at the next start.

A process holds a lock on its folder, so builders that share a volume leave each other's alone.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Workspace:
    def __init__(self, folder: Path):
        folder.mkdir(parents=True, exist_ok=True)
        self.swept = _sweep(folder)
        self.folder = Path(tempfile.mkdtemp(prefix="builder-", dir=folder))
        self._lock = (self.folder / "lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    @contextmanager
    def job(self, name: str) -> Iterator[Path]:
        """A fresh folder for the job `name`, removed with everything in it."""
        place = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.folder))
        try:
            yield place
        finally:
            shutil.rmtree(place)

    def close(self) -> None:
        # A job that is cut off may still write here: what it leaves is swept at the next start.
        shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.close()


def tell_apart(folder: Path) -> None:
    """Give every file in `folder` a modification time that no other build's file has, within the same second.

    BuildKit keeps the files of the last build context, whosever it was, and takes over each that has the same path,
    size, mode and time (source/local). Two checkouts in the same tick of the kernel's clock would share theirs.
    """
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            second = os.lstat(path).st_mtime_ns // 10**9 * 10**9
            moment = second + secrets.randbelow(10**9)
            os.utime(path, ns=(moment, moment), follow_symlinks=False)


def _sweep(folder: Path) -> int:
    """How many folders of dead processes were removed."""
    count = 0
    for left in folder.glob("builder-*"):
        with (left / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            shutil.rmtree(left)
            count += 1
    return count
