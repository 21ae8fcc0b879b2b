"""The step `fetch`: what the scanner has to know of an image, and its layers where they are new."""

from __future__ import annotations

import time
from pathlib import Path

from common.wire.contracts import ImageRef
from common.worker.joblog import JobLog

from .layout import Layout
from .limit import Limit
from .registry import Image

TELL_EVERY = 0.25      # seconds between two reports of progress: each wakes who watches the job


class Progress:
    """Tells the log how many bytes have come, and ends the fetch where the scan is to end."""

    def __init__(self, log: JobLog, limit: Limit, total: int):
        self._log, self._limit, self._total = log, limit, total
        self._done, self._told = 0, 0.0

    def __call__(self, size: int) -> None:
        self._limit.check()
        self._done += size
        if time.monotonic() - self._told >= TELL_EVERY or self._done == self._total:
            self._told = time.monotonic()
            self._log.set_progress(self._done, self._total, "bytes")


def fetch_layers(layout: Layout, image: Image, folder: Path, log: JobLog, limit: Limit) -> None:
    """Make `folder` an OCI layout with `image` alone; only layers that the scanner does not have are fetched."""
    new = layout.missing(image)
    size = sum(layer.size for layer in new)
    log.line(f"{len(image.layers)} layers, {len(new)} of them new" + (f", {_mb(size)} to fetch" if new else ""))
    layout.place(image, folder, Progress(log, limit, size))


def describe(reference: ImageRef) -> str:
    return f"{reference.repository}@{reference.digest}"


def _mb(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"
