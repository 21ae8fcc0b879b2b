"""Which pushes start a run: the part `on` of `.continuum.yml`, and `[skip ci]`. Rules alone, no input or output.

common/wire/globs.py says what globs match.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from common.wire import globs
from common.wire.contracts import OnConfig

SKIP = re.compile(r"\[(skip ci|ci skip|no ci|skip continuum)\]", re.IGNORECASE)


def skipped(message: str) -> bool:
    """Does the commit's message ask for no run?"""
    return bool(SKIP.search(message))


def wants_branch(on: OnConfig, branch: str, default_branch: str) -> bool:
    return branch == default_branch if on.push is None else globs.name_matches(on.push, branch)


def wants_tag(on: OnConfig, tag: str) -> bool:
    return globs.name_matches(on.tag, tag)


def wants_paths(on: OnConfig, changed: Iterable[str] | None) -> bool:
    """`changed` None: everything did, or it could not be told what, so a run is the safe answer."""
    return not on.paths or changed is None or globs.any_path(on.paths, changed)
