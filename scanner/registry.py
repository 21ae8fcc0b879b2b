"""Reads images from the registry: manifest, configuration, layers, each checked against its digest.

OCI distribution spec v1.1 and Docker's schema 2, which the same registry serves.
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import urllib3
from pydantic import TypeAdapter, ValidationError
from urllib3.exceptions import HTTPError

from common.wire.contracts import Digest, ImageRef
from common.wire.errors import Failure

from .errors import RegistryError

MANIFESTS = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")
INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
NAME = re.compile(r"[a-z0-9]+(?:[._/-]+[a-z0-9]+)*")      # no "..", no leading slash
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
TIMEOUT = urllib3.Timeout(connect=3, read=10)      # seconds; `read` is between bytes
RETRIES = urllib3.Retry(total=4, redirect=0, backoff_factor=0.1, status_forcelist=(500, 502, 503, 504),
                        raise_on_status=False, raise_on_redirect=False)
MAX_JSON = 16 * 1024**2
_DIGEST = TypeAdapter(Digest)


@dataclass(frozen=True)
class Layer:
    digest: str           # of the blob as the registry has it, mostly compressed
    diff_id: str          # of the unpacked tar
    media_type: str
    size: int             # bytes of the blob


@dataclass(frozen=True)
class Image:
    reference: ImageRef
    manifest: bytes       # as the registry has it
    manifest_type: str
    config: bytes
    config_digest: str
    layers: tuple[Layer, ...]

    @property
    def diff_ids(self) -> list[str]:
        return [layer.diff_id for layer in self.layers]

    @property
    def settings(self) -> dict:
        """The image's configuration, read."""
        return json.loads(self.config)


class Registry:
    """Our registry at `url`; `ca` is the file with the certificate of its authority, `token` gives the one to read the
    images of a name with."""

    def __init__(self, url: str, ca: str | None, token: Callable[[str], str]):
        self._url, self._token = f"{url}/v2", token
        self._pool = urllib3.PoolManager(headers=urllib3.make_headers(accept_encoding="identity"), timeout=TIMEOUT,
                                         retries=RETRIES, ca_certs=ca)

    def image(self, reference: ImageRef) -> Image:
        """Manifest and configuration, without layers; from an index, the one for this machine. Raises RegistryError, and
        Failure for an image that is gone or is for another machine."""
        if not NAME.fullmatch(reference.repository):
            raise RegistryError(f"{reference.repository!r} is no name of an image")
        body, kind = self._manifest(reference.repository, reference.digest)
        if kind in INDEXES:
            body, kind = self._manifest(reference.repository, _for_this_machine(_read(body)))
        return self._image(reference, body, kind)

    @contextmanager
    def blob(self, repository: str, digest: str) -> Iterator[urllib3.BaseHTTPResponse]:
        """The answer that streams a blob; who reads it checks the digest."""
        with self._get(repository, f"blobs/{digest}", "*/*") as response:
            yield response

    def _image(self, reference: ImageRef, body: bytes, kind: str) -> Image:
        manifest = _read(body)
        try:
            config_digest = _DIGEST.validate_python(manifest["config"]["digest"])
            config = self._json_blob(reference.repository, config_digest)
            diff_ids = _read(config)["rootfs"]["diff_ids"]
            layers = tuple(Layer(_DIGEST.validate_python(entry["digest"]), _DIGEST.validate_python(diff_id),
                                 entry["mediaType"], int(entry["size"]))
                           for entry, diff_id in zip(manifest["layers"], diff_ids, strict=True))
        except (KeyError, TypeError, ValueError, ValidationError) as problem:
            raise RegistryError(f"{reference.digest} is no image that can be read ({problem})") from problem
        return Image(reference, body, kind, config, config_digest, layers)

    def _manifest(self, repository: str, digest: str) -> tuple[bytes, str]:
        with self._get(repository, f"manifests/{digest}", ", ".join(MANIFESTS + INDEXES)) as response:
            return _checked(response, digest), response.headers.get("Content-Type", "")

    def _json_blob(self, repository: str, digest: str) -> bytes:
        with self.blob(repository, digest) as response:
            return _checked(response, digest)

    def _get(self, repository: str, what: str, accept: str) -> urllib3.BaseHTTPResponse:
        path = f"{repository}/{what}"
        headers = {**self._pool.headers, "Accept": accept, "Authorization": f"Bearer {self._token(repository)}"}
        try:
            response = self._pool.request("GET", f"{self._url}/{path}", preload_content=False, decode_content=False,
                                          headers=headers)
        except HTTPError as problem:
            raise RegistryError(f"the registry does not answer ({type(problem).__name__})") from problem
        if response.status == 200:
            return response
        response.drain_conn()
        if response.status == 404:
            raise Failure("the image is no longer in the registry: start a new run to build the image again")
        raise RegistryError(f"the registry answered {response.status} to {path}")


def _checked(response: urllib3.BaseHTTPResponse, digest: str) -> bytes:
    try:
        body = response.read(MAX_JSON + 1)
    except HTTPError as problem:
        raise RegistryError(f"{digest} could not be read ({type(problem).__name__})") from problem
    if len(body) > MAX_JSON:
        raise RegistryError(f"{digest} is larger than {MAX_JSON} bytes")
    if f"sha256:{hashlib.sha256(body).hexdigest()}" != digest:
        raise RegistryError(f"the registry's answer is not what {digest} names")
    return body


def _read(body: bytes) -> dict:
    try:
        found = json.loads(body)
    except ValueError as problem:
        raise RegistryError(f"the registry answered what is no JSON ({problem})") from problem
    if not isinstance(found, dict):
        raise RegistryError("the registry answered what is no manifest")
    return found


def _for_this_machine(index: dict[str, Any]) -> str:
    machine = MACHINES.get(platform.machine(), platform.machine())
    for entry in index.get("manifests", []):
        wanted = entry.get("platform", {})
        if (wanted.get("os"), wanted.get("architecture")) == ("linux", machine):
            return _DIGEST.validate_python(entry.get("digest"))
    raise Failure(f"the image has no variant for linux/{machine}: build it for this platform")
