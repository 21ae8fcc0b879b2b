"""Where databases lie on disk, and how one takes another's place.

    ROOT/databases/20261122T101500.123456Z/    one a database: 6/ (Grype's own), about.json, lock
    ROOT/databases/incoming-…/                 one that is being made; nobody reads it
    ROOT/current -> databases/…                what scans use; switched by a rename
    ROOT/change.lock                           held by the one import or update under way

A scan holds a shared lock on its folder's `lock`, so that a folder goes only when no scan reads it. The
locks are the kernel's: they end with the process, whatever ends it, and hold between processes too.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from .errors import Busy, NoDatabase
from .grype import TEMPORARY

PASSING = ("incoming-", "leaving-")      # names of folders that are not, or no longer, a database
ATTEMPTS = 20


class Folders:
    def __init__(self, root: Path):
        self.root, self.databases, self.link = root, root / "databases", root / "current"

    def current(self) -> Path | None:
        """The folder that scans use now, resolved; None where there is none."""
        folder = self.link.resolve()
        return folder if self.link.is_symlink() and (folder / "lock").is_file() else None

    @contextmanager
    def in_use(self) -> Iterator[Path]:
        """The current folder, kept until the block ends, even if another takes its place. Raises NoDatabase."""
        folder, lock = self._hold()
        try:
            yield folder
        finally:
            os.close(lock)

    def _hold(self) -> tuple[Path, int]:
        for _ in range(ATTEMPTS):
            folder = self.current()
            if folder is None:
                break
            try:
                lock = os.open(folder / "lock", os.O_RDONLY)
            except FileNotFoundError:
                continue          # it left between the two lines; the link already names its successor
            fcntl.flock(lock, fcntl.LOCK_SH)
            if os.fstat(lock).st_nlink:
                return folder, lock
            os.close(lock)
        raise NoDatabase("no vulnerability database is installed; import the newest with "
                         "./continuum db import FILE")

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Be the only one that changes the database. Raises Busy."""
        self.databases.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.root / "change.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise Busy("another import or update of the vulnerability database is under way; try again later") from None
        try:
            yield
        finally:
            os.close(lock)

    @contextmanager
    def incoming(self) -> Iterator[Path]:
        """A fresh folder to make a database in; removed at the end unless it was put in place."""
        folder = Path(tempfile.mkdtemp(prefix="incoming-", dir=self.databases))
        (folder / TEMPORARY).mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def put_in_place(self, folder: Path) -> Path:
        """Make an incoming folder the current one, in one step; answers its new path."""
        shutil.rmtree(folder / TEMPORARY)
        (folder / "lock").touch(mode=0o644)
        place = self.databases / f"{datetime.now(timezone.utc):%Y%m%dT%H%M%S.%fZ}"
        folder.rename(place)
        fresh = self.root / f".current-{os.getpid()}"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(place.relative_to(self.root))
        fresh.replace(self.link)
        return place

    def sweep(self) -> list[str]:
        """Remove what is neither current nor in use, and what a killed change left. Call while `changing`."""
        current = self.current()
        gone = [folder for folder in self.databases.iterdir() if folder != current and self._remove(folder)]
        return sorted(folder.name for folder in gone)

    def _remove(self, folder: Path) -> bool:
        if folder.name.startswith(PASSING):
            shutil.rmtree(folder)
            return True
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False          # a scan still reads it; the next change asks again
        else:
            leaving = folder.rename(folder.with_name(f"leaving-{folder.name}"))
            shutil.rmtree(leaving)
            return True
        finally:
            os.close(lock)
