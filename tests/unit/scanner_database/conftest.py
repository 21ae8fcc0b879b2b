"""A Grype for tests that does what the real one does with archives, and fails on request."""

import json
import os
import sqlite3
import tarfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from images.grype_database.advisories import AdvisorySet, parse
from images.grype_database.archive import write_archive, write_standin
from scanner.database import Store
from scanner.database.grype import Result

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=timezone.utc)
ENTRY = {"id": "GHSA-8q59-q68h-6hv4", "cve": "CVE-2020-14343", "package": "PyYAML", "affected": {"<5.4": "5.4"},
         "severity": "critical", "published": NOW.date(), "text": "Runs code."}


class FakeGrype:
    """Takes the place of `grype.run`. `fails` maps a command (import, status, check, update) to its Result."""

    def __init__(self):
        self.calls: list[tuple[str, list[str], dict[str, str]]] = []
        self.fails: dict[str, Result] = {}
        self.source: Path | None = None       # the archive that the source of updates offers

    def __call__(self, argv, env, timeout):
        command = argv[2]
        self.calls.append((command, argv, env))
        assert 0 < timeout < 3600
        return self.fails.get(command) or getattr(self, command)(argv, Path(env["GRYPE_DB_CACHE_DIR"]))

    def commands(self):
        return [command for command, *_ in self.calls]

    def _import(self, archive, cache):
        (cache / "6").mkdir()
        with tarfile.open(archive) as packed:
            (cache / "6" / "vulnerability.db").write_bytes(packed.extractfile("vulnerability.db").read())
        return Result(0)

    def status(self, argv, cache):
        return Result(0, json.dumps({"schemaVersion": "v6.1.9", "built": built_of(cache), "valid": True}))

    def check(self, argv, cache):
        return Result(100 if self.source else 0, "{}")

    def update(self, argv, cache):
        return self._import(self.source, cache)

    def __getattr__(self, name):
        if name == "import":
            return lambda argv, cache: self._import(argv[3], cache)
        raise AttributeError(name)


def built_of(cache):
    connection = sqlite3.connect(cache / "6" / "vulnerability.db")
    try:
        return connection.execute("SELECT build_timestamp FROM db_metadata").fetchone()[0]
    finally:
        connection.close()


@pytest.fixture
def grype():
    return FakeGrype()


@pytest.fixture
def store(tmp_path, grype):
    return Store(tmp_path / "store", run=grype, now=lambda: NOW, environ={"PATH": os.defpath})


@pytest.fixture
def archive(tmp_path):
    """Write an archive built so many hours ago; answers its path."""
    def write(hours=1.0, mark="continuum", entry=ENTRY):
        path = tmp_path / f"built-{hours}-hours-ago.tar.gz"
        write_archive(path, AdvisorySet(parse(entry, "python"), None), NOW - timedelta(hours=hours), mark)
        return path
    return write


@pytest.fixture(scope="session")
def standin(tmp_path_factory):
    """The archive for machines that reach no source of databases."""
    path = tmp_path_factory.mktemp("standin") / "standin.tar.gz"
    write_standin(path)
    return path


@pytest.fixture
def entry():
    return dict(ENTRY)
