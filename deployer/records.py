"""What this installation serves: a record an app, in files beside the routes, so that it survives the deployer.

    routes/<app>                    the address that Caddy reads at each request: `container-name:port`, with `h2c://`
                                    before it where the app speaks HTTP/2 without TLS
    routes/.records/<app>.json      which deployment is live, which are leaving, which are kept
    routes/.records/<app>.lock      held while the record changes, by whichever deployer changes it
    routes/.adopted/<container id>  a kept container that came back under a new deployment (labels cannot change)

Every write is a rename. A switch is written down before it is made (`next`), so whoever finds the files after a
crash can tell from the route whether it had happened.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel

from common.wire.errors import BadRequest

APP = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")      # as Caddy's configuration checks it

NOTES = 50                                                    # of an app, the newest are kept


class Version(BaseModel):
    """A container that is, was or shall be live. Times in ms since 1970."""

    deployment: int
    repo: int
    run: int
    container: str                    # id
    upstream: str | None              # "container-name:port"; None: speaks no HTTP, takes no route
    port: int | None = None
    protocol: str | None = None       # http, h2c, tcp; None: nothing listens
    patience: float = 60              # seconds that it may take to answer after a start
    promoted: int = 0
    watch_until: int = 0              # until then its death rolls it back
    drain: float = 30                 # seconds
    grace: float = 10
    keep: int = 5
    leave_at: int = 0                 # leaving: when its drain is over
    stopping: bool = False            # leaving: its drain is over

    @property
    def route(self) -> str | None:
        """What Caddy reads."""
        return f"h2c://{self.upstream}" if self.upstream and self.protocol == "h2c" else self.upstream


class Record(BaseModel):
    app: str
    live: Version | None = None
    next: Version | None = None
    leaving: list[Version] = []
    kept: list[Version] = []          # newest first
    failed: list[Version] = []        # died while watched; here for its logs until the next promote
    notes: dict[int, str] = {}        # deployment -> what happened to it without anybody asking
    crashed: int | None = None        # deployment that crashed while it was watched, with no container to roll back to

    def versions(self) -> Iterator[tuple[str, Version]]:
        """(role, version) of every container that has been live and is still there."""
        yield from [("live", self.live)] if self.live else []
        for role in ("leaving", "kept", "failed"):
            for version in getattr(self, role):
                yield role, version

    def find(self, container: str) -> Version | None:
        return next((version for _, version in self.versions() if version.container == container), None)

    def keep(self, version: Version) -> None:
        """Keep it for rollback; what was live last comes first."""
        self.kept = sorted([version, *self.kept], key=lambda item: item.promoted, reverse=True)

    def earlier(self, dead: Version) -> list[Version]:
        """What the traffic can go back to from `dead`, what was live last first."""
        others = [item for item in [*self.leaving, *self.kept] if item.container != dead.container]
        return sorted(others, key=lambda item: item.promoted, reverse=True)

    def replace(self, old: str, new: Version) -> bool:
        """Put `new` where the version of the container `old` is; False where that is gone."""
        if self.live and self.live.container == old:
            self.live = new
            return True
        for role in ("leaving", "kept"):
            items = getattr(self, role)
            if any(item.container == old for item in items):
                setattr(self, role, [new if item.container == old else item for item in items])
                return True
        return False

    def forget(self, container: str) -> None:
        """Drop a container that is gone, whatever it was."""
        for role in ("leaving", "kept", "failed"):
            setattr(self, role, [item for item in getattr(self, role) if item.container != container])


class Records:
    """All apps of this installation. Safe for several threads and several deployers on one volume."""

    def __init__(self, folder: str):
        self._routes = Path(folder)
        self._folder = self._routes / ".records"
        self._adopted = self._routes / ".adopted"
        for path in (self._folder, self._adopted):
            path.mkdir(parents=True, exist_ok=True)
        self._held = threading.local()

    def apps(self) -> list[str]:
        return sorted(path.stem for path in self._folder.glob("*.json"))

    def read(self, app: str) -> Record:
        """The record as it stands; an empty one for a new app."""
        try:
            return Record.model_validate_json(self._path(app).read_text())
        except FileNotFoundError:
            return Record(app=app)

    def all(self) -> list[Record]:
        return [self.read(app) for app in self.apps()]

    @contextmanager
    def changing(self, app: str) -> Iterator[Record]:
        """The record, locked; written at the end unless the block raises. Not for long work."""
        with open(self._path(app).with_suffix(".lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            record = self.read(app)
            yield record
            self._write(record)

    def write_now(self, record: Record) -> None:
        """Write inside `changing`, before its end: what follows must find it, whatever happens to us."""
        self._write(record)

    def route(self, app: str) -> str | None:
        """Where Caddy sends the app's requests now."""
        try:
            return self._route(app).read_text().strip()
        except FileNotFoundError:
            return None

    def switch(self, app: str, upstream: str | None) -> None:
        """One step: the next request goes to `upstream`; None takes the app off."""
        if upstream is None:
            self._route(app).unlink(missing_ok=True)
        else:
            _replace(self._route(app), upstream + "\n")

    def adopt(self, container: str, **identity: int) -> None:
        """From now on `container` answers as another deployment: `deployment`, `run`, `attempt`."""
        _replace(self._adopted / container, json.dumps(identity))

    def release(self, container: str) -> None:
        (self._adopted / container).unlink(missing_ok=True)

    def adopted(self, container: str) -> dict[str, int] | None:
        try:
            return json.loads((self._adopted / container).read_text())
        except FileNotFoundError:
            return None

    def _write(self, record: Record) -> None:
        record.notes = dict(sorted(record.notes.items())[-NOTES:])
        _replace(self._path(record.app), record.model_dump_json())

    def _path(self, app: str) -> Path:
        return self._folder / f"{checked(app)}.json"

    def _route(self, app: str) -> Path:
        return self._routes / checked(app)


def checked(app: str) -> str:
    """`app`, which becomes a file's name; raises BadRequest where it is no host label."""
    if not APP.fullmatch(app):
        raise BadRequest(f"{app!r} is no host label: lower-case letters, digits and dashes")
    return app


def _replace(path: Path, text: str) -> None:
    """Write beside and rename over, on disk before the rename: a reader finds the old text or the new."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.new")
    with open(beside, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
