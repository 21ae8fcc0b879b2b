"""JUnit files out of a container that is over: found by a glob, read through the engine's archive call."""

from __future__ import annotations

import posixpath
import re
import tarfile
from collections.abc import Iterable, Iterator

from docker.errors import NotFound

from .engine import Engine

LARGEST = 8 * 1024**2      # bytes of one report
MOST = 200                 # reports


def collect(engine: Engine, container: str, pattern: str | None, limit: int) -> list[dict]:
    """`[{path, xml}]`, paths relative to the working directory; at most `limit` bytes are read in the search."""
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
    except NotFound:
        return []
    return list(matching(_Bounded(chunks, limit), posixpath.dirname(folder), pattern, workdir))


def fixed_part(pattern: str) -> str:
    """The longest folder (or file) of the absolute `pattern` that has no wildcard."""
    parts = pattern.split("/")
    plain = next((index for index, part in enumerate(parts) if re.search(r"[*?\[]", part)), len(parts))
    return "/".join(parts[:plain]) or "/"


def matching(stream, above: str, pattern: str, workdir: str) -> Iterator[dict]:
    """Regular files of the tar `stream` whose absolute path fits; `above`: the folder that its names start in."""
    expression, count = _regex(pattern), 0
    try:
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                path = posixpath.normpath(posixpath.join(above or "/", member.name))
                if member.isfile() and member.size <= LARGEST and expression.fullmatch(path) and count < MOST:
                    count += 1
                    yield {"path": posixpath.relpath(path, workdir),
                           "xml": archive.extractfile(member).read().decode("utf-8", "replace")}
    except tarfile.ReadError:
        if not stream.cut:                    # a cut stream ends in the middle by our own decision
            raise


def _regex(pattern: str) -> re.Pattern[str]:
    """As a shell's glob with `**`: `*` and `?` stay within a folder."""
    out, rest = "", pattern
    while rest:
        for sign, meaning in (("**/", "(?:.*/)?"), ("**", ".*"), ("*", "[^/]*"), ("?", "[^/]")):
            if rest.startswith(sign):
                out, rest = out + meaning, rest[len(sign):]
                break
        else:
            out, rest = out + re.escape(rest[0]), rest[1:]
    return re.compile(out)


class _Bounded:
    """A file over chunks that ends after `limit` bytes; `cut` says whether it did."""

    def __init__(self, chunks: Iterable[bytes], limit: int):
        self._chunks, self._left, self._rest = iter(chunks), limit, b""
        self.cut = False

    def read(self, size: int) -> bytes:
        while len(self._rest) < size:
            chunk = b"" if self.cut else next(self._chunks, b"")
            if not chunk:
                break
            self._left -= len(chunk)
            self.cut = self._left < 0
            self._rest += b"" if self.cut else chunk
        data, self._rest = self._rest[:size], self._rest[size:]
        return data
