"""Copies of our source in which one protection is switched off, and what the tests that hold it say of that.

As many at a time as there are cores: each is a process of a few seconds that waits for nobody.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from cli.instance import ROOT

LEFT_OUT = shutil.ignore_patterns("__pycache__", "node_modules", ".pytest_cache")
LIMIT = 300      # seconds; a bound for tests that hang, not a measure
CONTROL = "nothing is off"


class Check(NamedTuple):
    """`tests` hold it: a path below tests/; `on` stands in `file` once, `off` is what stands there instead."""

    tests: str
    file: str
    on: str
    off: str


@contextmanager
def begun(scratch: Path, copied: Iterable[str], checks: Mapping[str, Check],
          names: Sequence[str]) -> Iterator[dict[str, Future[subprocess.CompletedProcess]]]:
    """Name -> what its tests say in a copy of its own; CONTROL: what all of them say where nothing is off."""
    def say(name: str) -> subprocess.CompletedProcess:
        tree = scratch / str(names.index(name))
        _copy(tree, copied)
        if name == CONTROL:
            return _run(tree, *sorted({check.tests for check in checks.values()}))
        _switch_off(tree, checks[name])
        return _run(tree, checks[name].tests)

    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        yield {name: pool.submit(say, name) for name in names}
    finally:
        pool.shutdown(cancel_futures=True)


def asked_for(request) -> list[str]:
    """Names of the tests of this file that were selected: there is no use in others' copies."""
    own = [item for item in request.session.items if item.module is request.module]
    return [item.callspec.params["name"] if hasattr(item, "callspec") else CONTROL for item in own]


def _copy(tree: Path, copied: Iterable[str]) -> None:
    for name in copied:
        source, target = ROOT / name, tree / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=LEFT_OUT, symlinks=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)


def _switch_off(tree: Path, check: Check) -> None:
    path = tree / check.file
    text = path.read_text()
    assert text.count(check.on) == 1, f"{check.file} holds {check.on!r} {text.count(check.on)} times: this list is to follow it"
    path.write_text(text.replace(check.on, check.off))


def _run(tree: Path, *tests: str) -> subprocess.CompletedProcess:
    """Without plugins, whose import takes longer than most of these tests; none of them uses one."""
    return subprocess.run([sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider",
                           *(f"tests/{name}" for name in tests)], cwd=tree, capture_output=True, text=True, timeout=LIMIT,
                          stdin=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1",
                                                         "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"})
