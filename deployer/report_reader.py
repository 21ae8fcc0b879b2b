"""The child process that reads a container's archive: a tar on standard input, the matching reports on standard output.

`python -m deployer.report_reader ABOVE PATTERN WORKDIR`; common/worker/bounded.py has the limits. The result is a JSON list of
`{path, xml}`, or of `{path, problem}` for a file that is not text.
"""

from __future__ import annotations

import json
import posixpath
import re
import sys
import tarfile
from collections.abc import Iterator
from fnmatch import fnmatchcase

from common.worker import bounded

LARGEST = 8 * 1024**2      # bytes of one report
TOTAL = 16 * 1024**2       # bytes of all reports
MOST = 200                 # reports
ENCODING = re.compile(rb"""^<\?xml[^>]{0,100}encoding=["'](iso-8859-1|iso-8859-15|windows-1252)["']""", re.IGNORECASE)


def matching(stream, above: str, pattern: str, workdir: str) -> Iterator[dict]:
    """Regular files of the tar `stream` whose absolute path fits; `above`: the folder that its names start in."""
    wanted, count, left = pattern.split("/"), 0, TOTAL
    try:
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                path = posixpath.normpath(posixpath.join(above or "/", member.name))
                if not member.isfile() or not fits(path.split("/"), wanted):
                    continue
                name = posixpath.relpath(path, workdir)
                count, left = count + 1, left - member.size
                if member.size > LARGEST or left < 0 or count > MOST:
                    yield {"path": name, "problem": f"not read: at most {MOST} reports of {LARGEST // 1024**2} MiB "
                                                    f"each and {TOTAL // 1024**2} MiB in all are read"}
                    return
                yield {"path": name} | _text(archive.extractfile(member).read())
    except tarfile.ReadError:      # the parent cut a large archive; what was whole counts
        return


def fits(parts: list[str], pattern: list[str]) -> bool:
    """As a shell's glob, with `**` for any number of folders; the cost is bounded by the product of the lengths."""
    places = {0}      # how many parts the pattern may have used up so far
    for segment in pattern:
        if segment == "**":
            places = set(range(min(places), len(parts) + 1))
        else:
            places = {place + 1 for place in places if place < len(parts) and fnmatchcase(parts[place], segment)}
        if not places:
            return False
    return len(parts) in places


def _text(data: bytes) -> dict:
    declared = ENCODING.match(data)
    try:
        return {"xml": data.decode(declared[1].decode() if declared else "utf-8")}
    except UnicodeDecodeError:
        return {"problem": "not read: it is not UTF-8"}


def main() -> None:
    bounded.limit()
    above, pattern, workdir = sys.argv[1:]
    found = list(matching(sys.stdin.buffer, above, pattern, workdir))
    while sys.stdin.buffer.read(65536):      # the parent writes to the end
        continue
    sys.stdout.buffer.write(json.dumps(found, ensure_ascii=False).encode("utf-8", "replace"))


if __name__ == "__main__":
    main()
