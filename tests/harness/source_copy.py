"""A copy of our source that a test may change."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from cli.instance import ROOT

FILES = ("pytest.ini", ".env.example", "docker-compose.yml")
LEFT_OUT = ("__pycache__", "node_modules", ".pytest_cache")


def copy_source(folder: Path, names: Iterable[str], *left_out: str) -> Path:
    """Return `folder`, which then has the folders `names` and the files that tests read; without what `left_out` matches."""
    for name in names:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns(*LEFT_OUT, *left_out), symlinks=True)
    for name in FILES:
        shutil.copy(ROOT / name, folder)
    return folder
