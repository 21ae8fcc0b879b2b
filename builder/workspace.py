"""Folders of this process: one for each job, gone when it ends; those of a killed process are swept at the next start.

A process holds a lock on its folder, so builders that share a volume leave each other's alone.
"""

from __future__ import annotations

import base64
import fcntl
import json
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


def registry_credentials(registry: str, user: str, password: str, logins: Path | None = None) -> Path:
    """Create a DOCKER_CONFIG folder for buildctl in memory (/tmp is a tmpfs), for this user alone.

    `logins` is a Docker config.json with credentials for base images. None of them replaces those of our registry.
    """
    others = json.loads(logins.read_text())["auths"] if logins and logins.is_file() else {}
    folder = Path(tempfile.mkdtemp(prefix="registry-"))        # mode 700
    auth = base64.b64encode(f"{user}:{password}".encode()).decode()
    (folder / "config.json").write_text(json.dumps({"auths": {**others, registry: {"auth": auth}}}))
    return folder
