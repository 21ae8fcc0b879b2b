"""Which operating system this is, from /etc/os-release."""

import shlex
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class OsRelease:
    """`id` as debian or ubuntu, `codename` as bookworm, `name` for people."""

    id: str
    codename: str
    name: str

    @classmethod
    def read(cls, path: Path = Path("/etc/os-release")) -> "OsRelease":
        text = path.read_text() if path.exists() else ""
        values = dict(word.partition("=")[::2] for word in shlex.split(text, comments=True))
        return cls(values.get("ID", "unknown"), values.get("VERSION_CODENAME", ""),
                   values.get("PRETTY_NAME", "this system"))
