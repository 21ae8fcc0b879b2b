"""An OCI layout kept beside the scanner: each layer is fetched and unpacked once, however many images hold it.

Layers lie unpacked under their diff id, since Syft would unpack them anew at each scan: that is more than half of
its time. A scan sees a small layout of its own, whose layers are hard links, so the least recently used ones can go
while it reads them.

    ROOT/<hex of the diff id>      one unpacked layer
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

from common.wire.errors import Failure

from .errors import TOO_LARGE
from .registry import Image, Layer, Registry
from .unpack import unpack

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_TAR = "application/vnd.oci.image.layer.v1.tar"
ATTEMPTS = 3      # a layer may be evicted between its fetch and its link, by another scan that needs room


class Layout:
    """Sizes are bytes. Safe for several scans at a time, also of several processes."""

    def __init__(self, root: Path, registry: Registry, *, keep: int, largest: int):
        """`root` shares a file system with the scans' folders. `keep`: of all layers between scans; `largest`: of
        one unpacked image."""
        root.mkdir(parents=True, exist_ok=True)
        self._root, self._registry, self._keep, self._largest = root, registry, keep, largest
        self._locks = [threading.Lock() for _ in range(16)]

    def missing(self, image: Image) -> list[Layer]:
        """The layers that a scan of `image` would fetch, each once."""
        layers = {layer.diff_id: layer for layer in image.layers}
        return [layer for layer in layers.values() if not self._path(layer).exists()]

    def place(self, image: Image, folder: Path, tick: Callable[[int], None]) -> None:
        """Make `folder` an OCI layout that holds `image` alone. `tick(bytes)` is told of what is fetched.

        Raises RegistryError, Failure for an image that is too large, and what `tick` raises.
        """
        blobs = folder / "blobs" / "sha256"
        blobs.mkdir(parents=True)
        sizes = self._link_layers(image, blobs, tick)
        _write(blobs, image.config)
        manifest = json.dumps(_manifest(image, sizes)).encode()
        digest = _write(blobs, manifest)
        entry = {"mediaType": OCI_MANIFEST, "digest": digest, "size": len(manifest)}
        (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))

    def evict(self) -> int:
        """Remove the least recently used layers beyond `keep`; how many."""
        entries = sorted(((path.stat().st_mtime_ns, path.stat().st_size, path) for path in self._root.iterdir()))
        excess = sum(size for _, size, _ in entries) - self._keep
        gone = 0
        for _, size, path in entries:
            if excess <= 0:
                break
            path.unlink(missing_ok=True)
            excess, gone = excess - size, gone + 1
        return gone

    def _link_layers(self, image: Image, blobs: Path, tick: Callable[[int], None]) -> dict[str, int]:
        sizes: dict[str, int] = {}
        for layer in image.layers:
            if layer.diff_id in sizes:
                continue
            target = blobs / layer.diff_id.removeprefix("sha256:")
            self._link(image, layer, target, self._largest - sum(sizes.values()), tick)
            sizes[layer.diff_id] = target.stat().st_size
            if sum(sizes.values()) > self._largest:
                raise Failure(TOO_LARGE)
        return sizes

    def _link(self, image: Image, layer: Layer, target: Path, room: int, tick: Callable[[int], None]) -> None:
        for attempt in range(ATTEMPTS):
            with self._lock(layer):
                if not self._path(layer).exists():
                    self._fetch(image, layer, target, room, tick)
            try:
                os.link(self._path(layer), target)
                os.utime(target)          # the same file: it was used just now
                return
            except FileNotFoundError:
                if attempt == ATTEMPTS - 1:
                    raise

    def _fetch(self, image: Image, layer: Layer, target: Path, room: int, tick: Callable[[int], None]) -> None:
        """By way of the scan's own folder, which goes with the scan, however it ends."""
        incoming = target.with_suffix(".incoming")
        with self._registry.blob(image.reference.repository, layer.digest) as response, incoming.open("wb") as file:
            unpack(response, layer, file, room, tick)
        os.replace(incoming, self._path(layer))

    def _lock(self, layer: Layer) -> threading.Lock:
        """Two scans that want the same new layer fetch it once."""
        return self._locks[int(layer.diff_id[-1], 16)]

    def _path(self, layer: Layer) -> Path:
        return self._root / layer.diff_id.removeprefix("sha256:")


def _manifest(image: Image, sizes: dict[str, int]) -> dict:
    """As the registry's, with the layers unpacked."""
    return {"schemaVersion": 2, "mediaType": OCI_MANIFEST,
            "config": {"mediaType": OCI_CONFIG, "digest": image.config_digest, "size": len(image.config)},
            "layers": [{"mediaType": OCI_TAR, "digest": diff_id, "size": sizes[diff_id]} for diff_id in image.diff_ids]}


def _write(blobs: Path, content: bytes) -> str:
    name = hashlib.sha256(content).hexdigest()
    (blobs / name).write_bytes(content)
    return f"sha256:{name}"
