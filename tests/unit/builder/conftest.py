"""What the builder's tests share: a job's log that can be read, and repositories made by the real git."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from common.worker.joblog import JobLog
from common.worker.jobs import Cancel


class ReadLog(JobLog):
    """A job's log whose lines are kept: (step, text)."""

    def __init__(self):
        self.sent: list[tuple[int, str]] = []
        super().__init__(1, "build", 1, self._keep)

    def _keep(self, key: str, body: bytes) -> None:
        message = json.loads(body)
        self.sent += zip(message["steps"], message["lines"])

    @property
    def texts(self) -> list[str]:
        self.close()
        return [text for _, text in self.sent]

    def of(self, name: str) -> list[str]:
        """The lines of the step whose name contains `name`."""
        self.close()
        number = next(step["number"] for step in self.steps if name in step["name"])
        return [text for step, text in self.sent if step == number]

    def state(self, name: str) -> str:
        return next(step["state"] for step in self.steps if name in step["name"])


@pytest.fixture
def log():
    log = ReadLog()
    yield log
    log.close()


@pytest.fixture
def cancel():
    return Cancel()


class Repo:
    """A repository to fetch from."""

    def __init__(self, path: Path):
        self.path = path
        path.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *words: str) -> str:
        done = subprocess.run(["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c",
                               "protocol.file.allow=always", "-c", "commit.gpgsign=false", *words], cwd=self.path,
                              check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self, message: str = "A commit", **files: str) -> str:
        """Commit `files` (name without its dots: a_txt is a.txt); returns the commit."""
        for name, text in files.items():
            (self.path / name.replace("_", ".")).write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def forge(tmp_path):
    """`forge("ada/app")` is a new repository below the local forge's folder `forge.root`."""
    def make(name: str) -> Repo:
        return Repo(make.root / name)
    make.root = tmp_path / "repositories"
    make.root.mkdir()
    return make
