"""A copy of the product that a test may change, and tests that are run in it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.harness.source_copy import copy_source

FOLDERS = ("cli", "common", "dashboard", "dbproxy", "forges", "images", "orchestrator", "tests")


def copy_to(folder: Path) -> Path:
    """Return `folder`, which then has what the unit tests of those parts need."""
    return copy_source(folder, FOLDERS, "e2e", "browser")


def failed_and_passed(folder: Path, *checks: str) -> tuple[int, int]:
    """Return how many of the tests `checks` (files, or `file::test`) fail and pass there."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *checks], cwd=folder, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"})
    told = dict(reversed(part.split()[:2]) for part in done.stdout.splitlines()[-1].partition(" in ")[0].split(", "))
    assert told.keys() <= {"failed", "passed"}, done.stdout[-3000:]
    return int(told.get("failed", 0)), int(told.get("passed", 0))
