"""Which pushes start a run: the part `on` of `.continuum.yml`, and `[skip ci]`. Rules alone, no input or output.

Globs are those of the shell, with `*` crossing slashes (`release/*`, `src/*.py`); a path may also name a folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

from common.contracts import OnConfig

SKIP = re.compile(r"\[(skip ci|ci skip|no ci|skip continuum)\]", re.IGNORECASE)


def skipped(message: str) -> bool:
    """Does the commit's message ask for no run?"""
    return bool(SKIP.search(message))


def wants_branch(on: OnConfig, branch: str, default_branch: str) -> bool:
    return branch == default_branch if on.push is None else _any(branch, on.push)


def wants_tag(on: OnConfig, tag: str) -> bool:
    return _any(tag, on.tag)


def wants_paths(on: OnConfig, changed: Iterable[str] | None) -> bool:
    """`changed` None: it could not be told what changed, so a run is the safe answer."""
    if not on.paths or changed is None:
        return True
    return any(_any(path, on.paths) or any(path.startswith(f"{glob.rstrip('/')}/") for glob in on.paths)
               for path in changed)


def _any(name: str, globs: Iterable[str]) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)
