"""The catalogue of an image: Syft's SBOM, made once for each set of layers and kept.

The key is what Syft's answer depends on: the layers and how Syft is called. An image that differs in its labels
alone (commit and run are labels) is catalogued once; the SBOM's `source` is written anew for each.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import ToolError
from .limit import MOST_SBOM, Limit, read
from .process import run
from .registry import Image

VERSION = "1.46.0"      # of the image that the Dockerfile takes syft from; another one catalogues anew
KEEP_BYTES = 512 * 1024**2


@dataclass(frozen=True)
class Catalogue:
    path: Path            # the SBOM of this very image, syft-json
    packages: int
    distro: str           # "debian 13", or empty
    reused: bool


def argv(layout: Path, sbom: Path) -> list[str]:
    """Without the file catalogers: the same packages in less time."""
    return ["syft", "scan", f"oci-dir:{layout}", "--quiet", "--select-catalogers", "-file",
            "--output", f"syft-json={sbom}"]


def environment(folder: Path, path: str) -> dict[str, str]:
    """No configuration of anybody, no network, temporary files where the scan's end removes them."""
    return {"PATH": path, "HOME": str(folder), "TMPDIR": str(folder), "NO_COLOR": "1",
            "SYFT_CHECK_FOR_APP_UPDATE": "false", "SYFT_CACHE_DIR": str(folder / "cache"),
            "SYFT_FILE_METADATA_SELECTION": "none",
            "GOGC": "200"}      # a sixth less time for 80 MB more


def key(image: Image) -> str:
    """Names the catalogue of an image."""
    asked = [VERSION, *argv(Path("."), Path("."))[3:], *image.diff_ids]
    return hashlib.sha256("\n".join(asked).encode()).hexdigest()


def catalogue(layout: Path, sbom: Path, folder: Path, limit: Limit) -> None:
    """Run Syft on an OCI layout; its SBOM is at `sbom` then. `folder` takes its temporary files."""
    folder.mkdir(exist_ok=True)
    run(argv(layout, sbom), environment(folder, os.environ.get("PATH", os.defpath)), folder, limit)


def of_image(made: Path, image: Image, target: Path, *, reused: bool) -> Catalogue:
    """Write the SBOM at `made` to `target` with `image` as its source. Raises ToolError for what is no SBOM,
    Failure for one that is too large."""
    try:
        document = json.loads(read(made, MOST_SBOM, "the list of its packages"))
        document["source"] = _source(document["source"], image)
        packages, distro = len(document["artifacts"]), document.get("distro") or {}
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise ToolError(f"Syft's catalogue cannot be read ({problem})") from problem
    target.write_text(json.dumps(document, separators=(",", ":")))
    name = f"{distro.get('name') or distro.get('id') or ''} {distro.get('versionID') or ''}".strip()
    return Catalogue(target, packages, name, reused)


def _source(made: dict[str, Any], image: Image) -> dict[str, Any]:
    """Syft saw our unpacked layout; people know the image by what the registry has."""
    reference, settings = image.reference, image.settings
    name = f"{reference.repository}@{reference.digest}"
    metadata = {**made["metadata"], "userInput": name, "imageID": image.config_digest, "repoDigests": [name],
                "manifestDigest": reference.digest, "mediaType": image.manifest_type,
                "manifest": base64.b64encode(image.manifest).decode(),
                "config": base64.b64encode(image.config).decode(),
                "labels": (settings.get("config") or {}).get("Labels") or {}}
    return {**made, "id": reference.digest.removeprefix("sha256:"), "name": reference.repository,
            "version": reference.digest, "metadata": metadata}


class Sboms:
    """Kept catalogues, by `key`; the least recently used go. `root` shares a file system with the scans' folders."""

    def __init__(self, root: Path, keep: int = KEEP_BYTES):
        root.mkdir(parents=True, exist_ok=True)
        self._root, self._keep = root, keep

    def take(self, name: str, target: Path) -> bool:
        """Put the catalogue at `target`, as a hard link that no eviction touches; False where none is kept."""
        try:
            os.link(self._path(name), target)
        except FileNotFoundError:
            return False
        os.utime(target)
        return True

    def keep(self, name: str, made: Path) -> None:
        try:
            os.link(made, self._path(name))
        except FileExistsError:
            return      # another scan of the same layers was first
        self._evict()

    def drop(self, name: str) -> None:
        self._path(name).unlink(missing_ok=True)

    def _evict(self) -> None:
        kept = 0
        for path in sorted(self._root.iterdir(), key=lambda entry: entry.stat().st_mtime_ns, reverse=True):
            kept += path.stat().st_size
            if kept > self._keep:
                path.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._root / f"{name}.json"
