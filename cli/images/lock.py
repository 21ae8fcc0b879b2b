"""images.lock: the digest that each reference gave on this machine.

A tag may be moved. What it gave first is used from then on, so that an image changes only where a person deletes its
line, or where the registry lost the old digest, which is then reported with both digests.
"""

import json
import threading
import tomllib
from dataclasses import dataclass
from pathlib import Path

from cli.errors import PlatformError

HEADER = """\
# Written by ./continuum up: the digest that each image reference gave on this machine.
# `up` keeps using these digests. Delete a line to take what its tag means today.
"""


@dataclass(frozen=True)
class Locked:
    """`asked`: the reference of images.toml or .env; `digest`: what it gave, "sha256:…"."""

    asked: str
    digest: str


class Lock:
    """The file's entries by image name. Raises PlatformError where it cannot be read as TOML."""

    def __init__(self, path: Path):
        self._path = path
        self._guard = threading.Lock()      # pulls run side by side
        self._entries = _read(path) if path.exists() else {}

    def digest(self, name: str, asked: str) -> str | None:
        """The digest that `asked` gave earlier; None where it was not asked before."""
        entry = self._entries.get(name)
        return entry.digest if entry and entry.asked == asked else None

    def record(self, name: str, asked: str, digest: str) -> str | None:
        """Store what `asked` gave now. Returns the earlier digest where it was another one."""
        with self._guard:
            earlier = self.digest(name, asked)
            if earlier == digest:
                return None
            self._entries[name] = Locked(asked, digest)
            self._write()
            return earlier

    def _write(self) -> None:
        lines = (f"{name} = {{ asked = {json.dumps(entry.asked)}, digest = {json.dumps(entry.digest)} }}\n"
                 for name, entry in sorted(self._entries.items()))
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self._path.with_name(self._path.name + ".new")
        fresh.write_text(HEADER + "".join(lines))
        fresh.replace(self._path)


def _read(path: Path) -> dict[str, Locked]:
    try:
        return {name: Locked(entry["asked"], entry["digest"])
                for name, entry in tomllib.loads(path.read_text()).items()}
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise PlatformError(f"{path} is not a valid lock file: {error}", f"correct it, or delete {path}") from error
