"""Our registry as tests speak to it: with tokens that they sign with the installation's own key."""

from __future__ import annotations

import base64
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import requests
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key

from cli.certificates import ensure_certificates, new_token_key
from cli.envfile import read
from orchestrator.credentials.registry_tokens import Access, RegistryTokens
from tests.harness.stack import Stack

ACCEPT = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json"


@lru_cache(1)
def signing() -> tuple[str, str]:
    """REGISTRY_TOKEN_KEY and REGISTRY_TOKEN_CERTIFICATE of no installation."""
    key = new_token_key()
    with TemporaryDirectory() as folder:
        return key, ensure_certificates(Path(folder), key)["REGISTRY_TOKEN_CERTIFICATE"]


def private(key: str) -> EllipticCurvePrivateKey:
    return load_der_private_key(base64.b64decode(key), None)


def bearer(tokens: RegistryTokens, name: str, *actions: str) -> dict[str, str]:
    """The header with a token of these rights on the images of one name."""
    return {"Authorization": f"Bearer {tokens.sign('test', [Access(name=name, actions=list(actions))])['token']}"}


class Registry:
    """The registry of the test installation, at its port on loopback."""

    def __init__(self, stack: Stack):
        generated = read(stack.instance.generated_env)
        key = stack.api.settings["REGISTRY_TOKEN_KEY"]
        self.key, self.tokens = private(key), RegistryTokens(key, generated["REGISTRY_TOKEN_CERTIFICATE"])
        self.address = f"127.0.0.1:{stack.api.settings['REGISTRY_PORT']}"
        self.ca = str(stack.instance.state_dir / "registry" / "ca.crt")

    def send(self, method: str, path: str, headers: dict[str, str] | None = None, **options) -> requests.Response:
        """`path` begins after /v2/."""
        return requests.request(method, f"https://{self.address}/v2/{path}", timeout=10, verify=self.ca,
                                headers={"Accept": ACCEPT, **(headers or {})}, **options)

    def read(self, name: str, what: str) -> requests.Response:
        """`what`: "manifests/…" or "blobs/…" of the images of one name."""
        return self.send("GET", f"{name}/{what}", bearer(self.tokens, name, "pull"))
