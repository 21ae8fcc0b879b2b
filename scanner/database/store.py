"""The vulnerability database of this scanner: which one scans use, and how another takes its place.

A database always comes in through Grype itself, into a fresh folder, is verified there once (hash, schema,
age), and only then takes the current one's place in one step. Whatever goes wrong, the current one stays.
Scans that run keep the database they began with.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TypedDict

from . import about as abouts
from . import grype
from .about import About, Source
from .errors import ArchiveRefused, DatabaseError, NoDatabase
from .folders import Folders

MAX_AGE_HOURS = 120.0
IMPORT_TIMEOUT = 1200.0       # seconds: 100 MB unpacked to 1.6 GB, indexed
VERIFY_TIMEOUT = 300.0        # seconds: 1.6 GB hashed
DOWNLOAD_TIMEOUT = 900.0
SQLITE = b"SQLite format 3\0"
NEXT_STEP = "import the newest with ./continuum db import FILE, or let the scanner reach its source of updates"
FIRST = "the first vulnerability database is being downloaded; scans wait for it"


@dataclass(frozen=True)
class Update:
    """What an attempt to update did; `reason` is a sentence for people."""

    changed: bool
    reason: str


class Status(TypedDict):
    """See `Store.status`."""

    source: str
    full: bool | None
    built: str | None
    age_hours: float | None
    schema: str | None
    advisories: int | None
    valid: bool
    reason: str | None
    notice: str | None
    update: str | None


@dataclass(frozen=True)
class ScanDatabase:
    """What one scan works with. `status` belongs into its report."""

    folder: Path
    env: dict[str, str]
    status: Status


def _now() -> datetime:
    return datetime.now(timezone.utc)


class Store:
    """`root` is a folder of its own on a volume; `run` and `now` are replaced by tests."""

    def __init__(self, root: Path | str, *, binary: str = "grype", max_age_hours: float = MAX_AGE_HOURS,
                 environ: Mapping[str, str] = os.environ, run: grype.Run = grype.run,
                 now: Callable[[], datetime] = _now):
        self.folders = Folders(Path(root))
        self.binary, self.max_age_hours, self.environ, self.run, self.now = binary, max_age_hours, environ, run, now
        self.last_update: Update | None = None
        self.settled = threading.Event()      # the first try to get a database is over
        self.settled.set()

    # ---- what scans ask ----

    @property
    def ready(self) -> bool:
        """There is a database, or none will come of itself now."""
        return self.settled.is_set() or self.folders.current() is not None

    def status(self) -> Status:
        """`{source, full, built, age_hours, schema, advisories, valid, reason, notice, update}`; cheap, runs nothing.

        `source` is none, imported or updated. `full` is false for a database that is not the full one.
        `reason` says why `valid` is false. `notice` is what every report on this database has to say. `update` is what the
        last attempt to update said.
        """
        folder = self.folders.current()
        return self._status_of(folder)

    @contextmanager
    def for_scan(self) -> Iterator[ScanDatabase]:
        """The database for one scan, which stays until the block ends.

        Raises NoDatabase with the reason where there is none to trust: the scan ends as error, never as passed.
        """
        with self.folders.in_use() as folder:
            status = self._status_of(folder)
            if not status["valid"]:
                raise NoDatabase(status["reason"])
            yield ScanDatabase(folder, grype.scan_env(folder, self.environ), status)

    # ---- what changes it ----

    def install_standin(self, archive: Path) -> bool:
        """Import `archive` where there is no database at all; answers whether it did. Raises DatabaseError, as `import_file`."""
        if self.folders.current() is not None or not archive.is_file():
            return False
        self.import_file(archive)
        return True

    def import_file(self, path: Path | str) -> Status:
        """Import an archive (tar.gz, tar.zst, tar.xz) or a raw .db; answers the status.

        Raises ArchiveRefused with the reason, Busy, or DatabaseError (the disk is full); the current one then stays.
        """
        archive = Path(path).absolute()
        if not archive.is_file():
            raise ArchiveRefused(f"there is no file {archive.name}")
        with self._incoming() as folder:
            self._import(folder, archive)
            about = self._verify(folder, "imported")
            self._refuse_old(about)
            self._take(folder, about)
        return self.status()

    def update(self) -> Update:
        """Fetch a newer database where the source has one, in bounded time; a source that is away is no exception."""
        try:
            with self._incoming() as folder:
                self.last_update = self._update(folder)
        except DatabaseError as problem:
            self.last_update = Update(False, str(problem))
        return self.last_update

    # ---- the parts ----

    @contextmanager
    def _incoming(self) -> Iterator[Path]:
        try:
            with self.folders.changing(), self.folders.incoming() as folder:
                yield folder
        except OSError as problem:
            raise DatabaseError(f"the database could not be written: {problem.strerror or problem}") from problem

    def _update(self, fresh: Path) -> Update:
        current = self.folders.current()
        old = abouts.read(current) if current else None
        if current and old and old.full:
            env = grype.check_env(current, self.environ)
            check = self.run(grype.check_argv(self.binary), env, grype.LISTING_TIMEOUT + grype.GRACE)
            if check.code == 0:
                return Update(False, f"the database of {old.built} is the newest")
            if check.code != grype.UPDATE_AVAILABLE:
                return Update(False, f"the source of updates did not answer: {check.reason}")
        return self._fetch(fresh, old)

    def _fetch(self, folder: Path, old: About | None) -> Update:
        env = grype.update_env(folder, self.environ, DOWNLOAD_TIMEOUT)
        done = self.run(grype.update_argv(self.binary), env, DOWNLOAD_TIMEOUT + IMPORT_TIMEOUT)
        if done.code != 0:
            return Update(False, f"no update could be fetched: {done.reason}")
        about = self._verify(folder, "updated")
        if not about.gains_on(old):
            return Update(False, f"the source's database of {about.built} is no gain on the current one")
        self._refuse_old(about)
        self._take(folder, about)
        return Update(True, f"updated to the database of {about.built}")

    def _import(self, folder: Path, archive: Path) -> None:
        env = grype.import_env(folder, self.environ)
        done = self.run(grype.import_argv(self.binary, _named(archive, folder)), env, IMPORT_TIMEOUT)
        if done.code != 0:
            raise ArchiveRefused(f"{archive.name} is no vulnerability database that Grype can import: {done.reason}")

    def _verify(self, folder: Path, source: Source) -> About:
        env = grype.verify_env(folder, self.environ)
        done = self.run(grype.status_argv(self.binary), env, VERIFY_TIMEOUT)
        told = done.document()
        if done.code != 0 or not told.get("valid"):
            raise ArchiveRefused(f"the database did not pass its check: {told.get('error') or done.reason}")
        try:
            return abouts.inspect(folder, source, told["built"], told["schemaVersion"])
        except (sqlite3.Error, OSError, KeyError) as problem:
            raise ArchiveRefused(f"the database cannot be read: {problem}") from problem

    def _refuse_old(self, about: About) -> None:
        if reason := self._too_old(about):
            raise ArchiveRefused(reason)

    def _take(self, folder: Path, about: About) -> None:
        about.save(folder)
        self.folders.put_in_place(folder)
        self.folders.sweep()

    def _too_old(self, about: About) -> str | None:
        age = about.age_hours(self.now())
        if not about.full or age <= self.max_age_hours:
            return None
        return (f"the vulnerability database is {age:g} hours old, and {self.max_age_hours:g} are allowed; {NEXT_STEP}")

    def _status_of(self, folder: Path | None) -> Status:
        about = abouts.read(folder) if folder else None
        reason = self._fault(folder, about)
        facts = {"source": "none", "full": None, "built": None, "age_hours": None, "schema": None, "advisories": None}
        if about:
            facts = {"source": about.source, "full": about.full, "built": about.built, "age_hours": about.age_hours(self.now()),
                     "schema": about.schema, "advisories": about.advisories}
        return facts | {"valid": reason is None, "reason": reason, "notice": notice(about),
                        "update": self.last_update.reason if self.last_update else None}

    def _fault(self, folder: Path | None, about: About | None) -> str | None:
        if folder is None:
            return f"no vulnerability database is installed; {NEXT_STEP}" if self.settled.is_set() else FIRST
        if about is None or not abouts.whole(folder, about):
            return f"the vulnerability database is damaged; {NEXT_STEP}"
        return self._too_old(about)


def _named(archive: Path, folder: Path) -> Path:
    """Grype tells archives by their content, and a raw database by `.db` alone: an upload has no such name."""
    with archive.open("rb") as content:
        if archive.suffix == ".db" or content.read(len(SQLITE)) != SQLITE:
            return archive
    link = folder / grype.TEMPORARY / "upload.db"
    link.symlink_to(archive)
    return link


def notice(about: About | None) -> str | None:
    """The sentence that every report made with this database carries; None where there is nothing to say."""
    if about is None or about.full:
        return None
    return (f"This is not the full vulnerability database: it has {about.advisories} well-known vulnerabilities as of "
            f"{about.built[:10]}. Few findings do not mean that few exist. Import the full database with "
            "./continuum db import FILE.")
