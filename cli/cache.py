"""Where Continuum keeps what is dear to make and safe to keep between clones.

`~/.cache/continuum`, or the folder named by CONTINUUM_CACHE. Everything in it
is keyed by what it was made from, so a fresh clone makes nothing twice and a
changed recipe never meets an old result.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.errors import PlatformError


def cache_dir(*parts: str) -> Path:
    """Return the folder of that name inside the cache, created where it is missing. Raises PlatformError."""
    root = os.environ.get("CONTINUUM_CACHE") or Path.home() / ".cache" / "continuum"
    folder = Path(root).joinpath(*parts)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(folder, error) from error
    return folder


@contextmanager
def only_one(name: str, *, otherwise: Exception | None = None) -> Iterator[None]:
    """Hold the cache's lock of that name: a second process waits here until the first is done, or raises `otherwise`.

    The lock ends with its process, however that ends.
    """
    path = cache_dir("locks") / name
    try:
        file = open(path, "w")
    except OSError as error:
        raise _unusable(path, error) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (fcntl.LOCK_NB if otherwise else 0))
        except BlockingIOError:
            raise otherwise from None
        except OSError as error:      # NFS without a lock service
            raise _unusable(path, error) from error
        yield


def _unusable(path: Path, error: OSError) -> PlatformError:
    return PlatformError(f"the cache {path} can't be used: {error.strerror}",
                         "set CONTINUUM_CACHE to a folder on a local disk that you can write")


def fingerprint(*parts: str | bytes) -> str:
    """12 hex digits that change when any part does; parts cannot run together."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:12]


def folder_fingerprint(folder: Path) -> str:
    """`fingerprint` over the names, modes and contents of every file below `folder`."""
    parts: list[str | bytes] = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        executable = "x" if os.access(path, os.X_OK) else "-"
        parts += [f"{path.relative_to(folder).as_posix()} {executable}", path.read_bytes()]
    return fingerprint(*parts)
