"""What the tests take from npm: by exact version and hash, into the cache folder, once a machine.

GitHub's OpenAPI document is 13 MB of a package of 385, so that one file is taken out of the archive. npm itself comes
from PyPI (requirements.txt beside this), as for the dashboard's image.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

from cli.cache import cache_dir, fingerprint, only_one
from cli.progress import Progress
from cli.venv import ensure_venv

HERE = Path(__file__).parent
LIMIT = 300              # seconds for a download; a bound, not a measure


@dataclass(frozen=True)
class Package:
    name: str
    version: str
    sha512: str          # base64, as npm's lock files have it
    file: str            # the one that we read


OPENAPI = Package(
    "@octokit/openapi", "23.0.2", file="generated/api.github.com.json",
    sha512="pV8M7L9GY23AybNvTmo2nyjmpmnt6+2sRE/tqr0ZLQcPS4lnw7u5eZGNmwRNkBC3D7gZXbFx5AHzLUVRBXGDhg==")
EXAMPLES = Package(
    "@octokit/webhooks-examples", "7.6.1", file="api.github.com/index.json",
    sha512="De6U3XB6O3DtCa7bKgCMzTHdeopqqZ6SNivMYJnK65ierKL1AnNIA0tkRYCRS7lwGT792d+Ps1WbfHlso6MynQ==")


def file_of(package: Package) -> Path:
    """The package's file, fetched where it is not in the cache."""
    folder = cache_dir("npm", fingerprint(package.name, package.version, package.sha512))
    wanted = folder / Path(package.file).name
    with only_one(f"npm-{folder.name}"):
        if not wanted.exists():
            _fetch(package, folder, wanted)
    return wanted


def emulate() -> list[str]:
    """argv that starts emulate (an argument list without its own arguments)."""
    lock = (HERE / "npm" / "package-lock.json").read_bytes()
    folder = cache_dir("npm", fingerprint("emulate", lock))
    with only_one(f"npm-{folder.name}"):
        if not (folder / "ready").exists():
            for name in ("package.json", "package-lock.json"):
                shutil.copy(HERE / "npm" / name, folder)
            _npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=folder)
            (folder / "ready").touch()
    return [str(node_bin() / "node"), str(folder / "node_modules" / "emulate" / "dist" / "index.js")]


def node_bin() -> Path:
    """The folder with `node` and `npm`."""
    return ensure_venv(HERE / "requirements.txt", Progress()).parent


def _fetch(package: Package, folder: Path, wanted: Path) -> None:
    archive = folder / _npm("pack", "--silent", f"{package.name}@{package.version}", cwd=folder).split()[-1]
    found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != package.sha512:
        raise RuntimeError(f"{package.name} {package.version} is not the package that was pinned")
    with tarfile.open(archive) as packed, packed.extractfile(f"package/{package.file}") as source:
        half = wanted.with_suffix(".part")
        half.write_bytes(source.read())
        half.rename(wanted)
    archive.unlink()


def _npm(*argv: str, cwd: Path) -> str:
    done = subprocess.run([str(node_bin() / "npm"), *argv], cwd=cwd, capture_output=True, text=True, timeout=LIMIT)
    if done.returncode:
        raise RuntimeError(f"npm {argv[0]} failed; is npm's registry reached from here?\n{done.stderr[-1000:]}")
    return done.stdout
