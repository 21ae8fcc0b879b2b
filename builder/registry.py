"""Reads back what was pushed: an image's size, its ports, whether it has a HEALTHCHECK; and removes it again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from common.wire.errors import Failure, ServiceDown

TIMEOUT = 10                # seconds
LARGEST = 1024**2           # bytes of an image's manifest or configuration: labels, variables, history
MANIFESTS = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")
INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")


@dataclass(frozen=True)
class Image:
    size: int               # bytes of the compressed layers
    exposed: list[int]      # TCP ports, ascending
    healthcheck: bool


class Registry:
    """Our registry at `url`; `ca` is the file with the certificate of its authority. Each call carries its token."""

    def __init__(self, url: str, ca: Path):
        self._url = f"{url}/v2"
        self._session = requests.Session()
        self._session.verify = str(ca)
        self._session.trust_env = False                     # neither a proxy nor ~/.netrc, nor other authorities
        retries = Retry(total=3, backoff_factor=0.2, status_forcelist=(500, 502, 503, 504))
        self._session.mount(url, HTTPAdapter(max_retries=retries))

    def image(self, repository: str, digest: str, token: str) -> Image:
        """The image `repository@digest`; raises ServiceDown where the registry does not give it, Failure where its
        description is too large for the services that read it."""
        manifest = self._get(f"{repository}/manifests/{digest}", token)
        if "manifests" in manifest:
            digest = _for_this_machine(manifest["manifests"])["digest"]
            manifest = self._get(f"{repository}/manifests/{digest}", token)
        config = self._get(f"{repository}/blobs/{manifest['config']['digest']}", token).get("config") or {}
        test = (config.get("Healthcheck") or {}).get("Test") or []
        return Image(sum(layer["size"] for layer in manifest["layers"]), exposed_ports(config),
                     bool(test) and test[0] != "NONE")

    def blobs(self, repository: str, digest: str, token: str) -> dict[str, int]:
        """Return blob -> bytes of an image; empty where the registry has it no more. Raises ServiceDown."""
        manifest = self._ask("GET", f"{repository}/manifests/{digest}", token)
        if manifest is None:
            return {}
        found = {part["digest"]: part["size"] for part in [manifest.get("config"), *manifest.get("layers", [])] if part}
        for part in manifest.get("manifests", []):
            found |= self.blobs(repository, part["digest"], token)
        return found

    def remove(self, repository: str, digest: str, token: str) -> None:
        """The image is not there any more; repeatable. Its blobs go when the registry starts next (docker-compose.yml).

        Raises ServiceDown.
        """
        path = f"{repository}/manifests/{digest}"
        found = self._ask("GET", path, token)
        if found is None:
            return
        for part in found.get("manifests", []):
            self._ask("DELETE", f"{repository}/manifests/{part['digest']}", token)
        self._ask("DELETE", path, token)

    def _get(self, path: str, token: str) -> dict:
        found = self._ask("GET", path, token)
        if found is None:
            raise ServiceDown(f"the registry does not give back what was pushed: it knows no {path}")
        return found

    def _ask(self, method: str, path: str, token: str) -> dict | None:
        """None for what the registry does not know."""
        headers = {"Accept": ", ".join((*MANIFESTS, *INDEXES)), "Authorization": f"Bearer {token}"}
        try:
            with self._session.request(method, f"{self._url}/{path}", timeout=TIMEOUT, stream=True,
                                       headers=headers) as answer:
                if answer.status_code == 404:
                    return None
                answer.raise_for_status()
                return _document(answer)
        except requests.RequestException as problem:
            raise ServiceDown(f"the registry does not answer as it should: {problem}") from problem


def _document(answer: requests.Response) -> dict:
    """Its JSON, {} where there is none; raises Failure for more than LARGEST bytes."""
    body = bytearray()
    for chunk in answer.iter_content(65536):
        body += chunk
        if len(body) > LARGEST:
            raise Failure(f"the image's description (labels, variables, history) is larger than {LARGEST // 1024} KiB: shorten "
                          "its LABEL and ENV lines")
    try:
        return json.loads(body) if body else {}
    except ValueError as problem:
        raise ServiceDown(f"the registry sent what is no JSON: {problem}") from problem


def exposed_ports(config: dict[str, Any]) -> list[int]:
    """The TCP ports of an image's config, `{"ExposedPorts": {"8000/tcp": {}, "53/udp": {}, "80": {}}}`."""
    named = (name.partition("/") for name in config.get("ExposedPorts") or {})
    return sorted({int(port) for port, _, protocol in named if protocol in ("", "tcp") and port.isdecimal()})


def _for_this_machine(manifests: list[dict]) -> dict:
    images = [entry for entry in manifests if entry.get("platform", {}).get("os") != "unknown"]
    return images[0]
