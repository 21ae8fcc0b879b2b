"""Catalogue a file tree: a tar on stdin becomes a CycloneDX SBOM on stdout.

`./continuum sbom` runs `python -m scanner.tree NAME` for our own images and lock files, so that a host needs no Syft.
Images of people go through `scanner.stage`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from .syft import environment

# Beside those that Syft chooses for a folder: what is installed, as in an image.
INSTALLED = ("dpkg-db-cataloger", "python-installed-package-cataloger", "go-module-binary-cataloger",
             "javascript-package-cataloger")


def argv(root: Path, name: str) -> list[str]:
    """Return Syft's call; `name` is what the SBOM describes."""
    return ["syft", "scan", f"dir:{root}", "--quiet", "--source-name", name, "--output", "cyclonedx-json",
            "--select-catalogers", ",".join([*(f"+{name}" for name in INSTALLED), "-file"])]


def main(name: str) -> int:
    """Return Syft's exit code. Temporary files are on the state volume: /tmp is small and in memory."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("SCANNER_STATE", "/var/lib/continuum")) as folder:
        root = Path(folder, "root")
        with tarfile.open(fileobj=sys.stdin.buffer, mode="r|") as tree:
            tree.extractall(root, filter="tar")
        scratch = Path(folder, "syft")
        scratch.mkdir()
        return subprocess.run(argv(root, name), env=environment(scratch, os.environ.get("PATH", os.defpath)),
                              check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
