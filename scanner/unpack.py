"""A layer on its way from the registry: unpacked and checked against both its digests while it streams."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Callable
from typing import BinaryIO

import zstandard
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

from common.wire.errors import Failure

from .errors import TOO_LARGE, RegistryError
from .registry import Layer

CHUNK = 256 * 1024


class Hashed:
    """A stream that keeps the hash and the length of what was read from it; `tick(bytes)` sees each read."""

    def __init__(self, stream, tick: Callable[[int], None]):
        self._stream, self._tick = stream, tick
        self._hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._hash.update(data)
        self._tick(len(data))
        return data

    @property
    def digest(self) -> str:
        return f"sha256:{self._hash.hexdigest()}"


def unpack(response: BaseHTTPResponse, layer: Layer, target: BinaryIO, room: int, tick: Callable[[int], None]) -> int:
    """Write the layer's tar to `target`; its size in bytes.

    Raises RegistryError where a digest is not as named or the stream breaks off, Failure where the tar is larger
    than `room` bytes. `tick` is told of each read and may raise to end it.
    """
    packed = Hashed(response, tick)
    tar = hashlib.sha256()
    size = 0
    try:
        stream = _opened(packed, layer.media_type)
        while data := stream.read(CHUNK):
            size += len(data)
            if size > room:
                raise Failure(TOO_LARGE)
            tar.update(data)
            target.write(data)
        while packed.read(CHUNK):      # what follows the packed data belongs to the blob's digest
            pass
    except (HTTPError, EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError) as problem:
        raise RegistryError(f"layer {layer.digest} could not be read ({problem})") from problem
    if packed.digest != layer.digest or f"sha256:{tar.hexdigest()}" != layer.diff_id:
        raise RegistryError(f"the registry's layer is not what {layer.digest} names")
    return size


def _opened(packed: Hashed, media_type: str):
    """The unpacked stream of each media type that the OCI and Docker specs name."""
    if media_type.endswith(("+gzip", ".gzip")):
        return gzip.GzipFile(fileobj=packed)
    if media_type.endswith("+zstd"):
        return zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True)
    if media_type.endswith(".tar"):
        return packed
    raise RegistryError(f"layers of type {media_type} cannot be read")
