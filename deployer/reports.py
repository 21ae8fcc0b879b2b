"""JUnit files out of a container that is over: found by a glob, read through the engine's archive call.

The archive is parsed in a child process with limits, since its author is not trusted and this one controls all apps.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Iterator

from docker.errors import NotFound

from common.secrets.masking import Masker
from common.worker import bounded

from .engine import Engine

MOST_RESULT = 40 * 1024**2      # bytes of the child's answer: 16 MiB of reports, escaped as JSON


def collect(engine: Engine, container: str, pattern: str | None, limit: int, masker: Masker) -> list[dict]:
    """`[{path, xml} or {path, problem}]`, masked, paths relative to the working directory; reads at most `limit` bytes."""
    if not pattern:
        return []
    found = engine.inspect(container)
    if found is None:
        return []
    workdir = found["Config"]["WorkingDir"] or "/"
    pattern = posixpath.normpath(posixpath.join(workdir, pattern))
    folder = fixed_part(pattern)
    try:
        chunks, _ = engine.api.get_archive(container, folder)
        answer = bounded.parse("deployer.report_reader", [posixpath.dirname(folder), pattern, workdir],
                               up_to(chunks, limit), MOST_RESULT)
    except NotFound:
        return []
    except bounded.OverLimit as problem:
        return [{"path": pattern, "problem": f"the reports were not read: {problem}"}]
    return [{key: masker.mask(value) for key, value in report.items()} for report in json.loads(answer)]


def fixed_part(pattern: str) -> str:
    """The longest folder (or file) of the absolute `pattern` that has no wildcard."""
    parts = pattern.split("/")
    plain = next((index for index, part in enumerate(parts) if re.search(r"[*?\[]", part)), len(parts))
    return "/".join(parts[:plain]) or "/"


def up_to(chunks: Iterable[bytes], limit: int) -> Iterator[bytes]:
    """The chunks, cut after `limit` bytes."""
    for chunk in chunks:
        yield chunk[:limit]
        limit -= len(chunk)
        if limit <= 0:
            return
