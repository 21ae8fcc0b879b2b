"""A copy of our source in which one protection at a time is off, and the tests that must notice."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.cache import cache_dir, fingerprint
from cli.instance import ROOT
from tests.harness.source_copy import copy_source

COPIED = ("builder", "cli", "common", "dashboard", "dbproxy", "deployer", "forges", "images", "orchestrator", "scanner",
          "tester", "tests")
LIMIT = 600      # seconds
PYTEST = ("-m", "pytest", "-q", "-x", "-p", "no:cacheprovider")


def check(tree: Path, file: str, on: str, off: str, *tests: str) -> None:
    """Fail unless `tests` notice that `on` is `off`. Noticed once counts until the file or the tests change, because each
    check costs seconds of a processor; `./continuum test --all` asks again."""
    kept = cache_dir("switched-off") / _key(file, on, off, tests)
    with switched_off(tree, file, on, off):
        if kept.exists() and not os.environ.get("CONTINUUM_TEST_ALL"):
            return
        assert_noticed(f"{file}: {on}", run(tree, *tests))
    kept.touch()


def _key(file: str, on: str, off: str, tests: tuple[str, ...]) -> str:
    sources = [file, *(f"tests/{name.partition('::')[0]}" for name in tests)]
    return fingerprint(on, off, *tests, *(part for source in sources for part in (source, (ROOT / source).read_bytes())))


def copy_to(folder: Path) -> Path:
    return copy_source(folder, COPIED)


@contextmanager
def switched_off(tree: Path, file: str, on: str, off: str) -> Iterator[None]:
    """`on`, which stands in `file` once, is `off` meanwhile."""
    path = tree / file
    text = path.read_text()
    assert text.count(on) == 1, f"{file} holds {on!r} {text.count(on)} times: this list is to follow it"
    path.write_text(text.replace(on, off))
    try:
        yield
    finally:
        path.write_text(text)


def run(tree: Path, *tests: str) -> subprocess.CompletedProcess:
    """pytest in the copy, until the first failure; it gives way to the installation beside it. Without plugins, whose
    import takes longer than most of these tests."""
    return subprocess.run(["nice", sys.executable, *PYTEST, *(f"tests/{name}" for name in tests)], cwd=tree,
                          capture_output=True, text=True, timeout=LIMIT, stdin=subprocess.DEVNULL,
                          env={**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1",
                               "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"})


def assert_passed(done: subprocess.CompletedProcess) -> None:
    assert done.returncode == 0, done.stdout[-3000:]


def assert_noticed(name: str, done: subprocess.CompletedProcess) -> None:
    assert done.returncode == 1 and "FAILED" in done.stdout, f"{name}: nothing notices\n{done.stdout[-2000:]}"
