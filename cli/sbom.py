"""SBOMs of Continuum itself: what is installed in each of our images, and what our lock files name.

Syft runs in the scanner's container, so a host needs nothing but Docker. It gets only the files that name packages and
the compiled programs, not the whole image.
"""

from __future__ import annotations

import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from cli.errors import CommandFailed

# Lists of packages with hashes. Those of examples/ are not ours: they show what users write.
LOCKS = ("*/requirements.txt", "dashboard/npm/requirements.txt", "images/*/requirements.txt", "*/package-lock.json",
         "tests/harness/*/package-lock.json")
DATABASES = ("etc/os-release", "usr/lib/os-release", "var/lib/dpkg/status", "lib/apk/db/installed")
FOLDERS = ("usr/local/bin/", "var/lib/dpkg/status.d/")
WAIT_SECONDS = 300

Filler = Callable[[tarfile.TarFile], None]


def of_image(scanner: str, container: str, name: str) -> bytes:
    """Return the CycloneDX document of a running container's file system. Raises CommandFailed."""
    return catalogue(scanner, name, lambda tree: _copy_packages(container, tree))


def of_locks(scanner: str, root: Path) -> bytes:
    """Return the CycloneDX document of the lock files of a checkout. Raises CommandFailed."""
    def fill(tree: tarfile.TarFile) -> None:
        for path in locks(root):
            tree.add(path, path.relative_to(root).as_posix())
    return catalogue(scanner, "continuum/lock-files", fill)


def locks(root: Path) -> Iterator[Path]:
    """Yield each lock file of ours once."""
    yield from sorted({path for pattern in LOCKS for path in root.glob(pattern)
                       if path.relative_to(root).parts[0] != "examples"})


def names_packages(path: str) -> bool:
    """Return whether Syft needs the file, by its path in an image."""
    return path in DATABASES or path.startswith(FOLDERS) or path.endswith("/package.json") \
        or (".dist-info/" in path and path.endswith(("/METADATA", "/RECORD")))


def catalogue(scanner: str, name: str, fill: Filler) -> bytes:
    """Return what `scanner.tree` makes of the tar that `fill` writes; `scanner` is the container's id."""
    argv = ["docker", "exec", "--interactive", scanner, "python", "-m", "scanner.tree", name]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            with tarfile.open(fileobj=process.stdin, mode="w|") as tree:
                fill(tree)
        except BrokenPipeError as broken:
            _end(process, argv)
            raise CommandFailed(argv, 0, ["it did not read the files"]) from broken
        except CommandFailed:
            process.kill()
            raise
        return _end(process, argv)


def _copy_packages(container: str, tree: tarfile.TarFile) -> None:
    argv = ["docker", "export", container]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            _copy(process.stdout, tree)
        except tarfile.ReadError:
            _end(process, argv)      # mostly it ended early, and its last lines say why
            raise
        _end(process, argv)


def _copy(exported: IO[bytes], tree: tarfile.TarFile) -> None:
    with tarfile.open(fileobj=exported, mode="r|") as whole:
        for member in whole:
            if member.isfile() and names_packages(member.name):
                tree.addfile(member, whole.extractfile(member))


def _end(process: subprocess.Popen, argv: list[str]) -> bytes:
    """Return the rest of the output of a program that succeeded; raises CommandFailed."""
    out, problem = process.communicate(timeout=WAIT_SECONDS)
    if process.returncode:
        raise CommandFailed(argv, process.returncode, problem.decode(errors="replace").splitlines(),
                            "run ./continuum up, which starts this version's scanner, then try again")
    return out
