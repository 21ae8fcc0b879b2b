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

from common.errors import ServiceDown


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


@contextmanager
def registry_credentials(registry: str, user: str, password: str, logins: Path | None = None) -> Iterator[Path]:
    """Give buildctl's DOCKER_CONFIG folder for one build: in memory (/tmp is a tmpfs), for this user alone.

    `logins` is a Docker config.json with credentials for base images, read for each build: `./continuum up` may replace
    them at any time. None of them replaces those of our registry. Raises ServiceDown where the file is not JSON.
    """
    auth = base64.b64encode(f"{user}:{password}".encode()).decode()
    auths = {**_logins(logins), registry: {"auth": auth}}
    with tempfile.TemporaryDirectory(prefix="registry-") as folder:        # mode 700
        (Path(folder) / "config.json").write_text(json.dumps({"auths": auths}))
        yield Path(folder)


def _logins(path: Path | None) -> dict[str, dict[str, str]]:
    try:
        return json.loads(path.read_text())["auths"] if path and path.is_file() else {}
    except ValueError:      # its text holds passwords
        raise ServiceDown("the logins for base images can't be read: run ./continuum up, which writes them") from None
