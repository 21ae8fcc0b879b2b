"""Images of a repository: what they take in the registry, and their removal."""

from __future__ import annotations

from flask import Flask, jsonify
from pydantic import BaseModel, ConfigDict, SecretStr

from common.service.web import body_as
from common.wire.contracts import ImageRef

from .registry import Registry

MOST_KNOWN = 10_000      # images whose blobs are remembered


class Images(BaseModel):
    model_config = ConfigDict(extra="forbid")

    images: list[ImageRef]
    token: SecretStr        # of orchestrator: for these names, which we have no right to otherwise


class Sizes:
    """What images take in the registry. A digest always means the same blobs, so each manifest is read once."""

    def __init__(self, registry: Registry):
        self._registry = registry
        self._known: dict[str, dict[str, int]] = {}       # digest of an image -> its blobs

    def of(self, images: list[ImageRef], token: str) -> int:
        """Return bytes; a blob that several of the images have counts once."""
        now = {image.digest: self._known.get(image.digest) or self._registry.blobs(image.repository, image.digest, token)
               for image in images}
        self._known = {**dict(list(self._known.items())[-MOST_KNOWN:]), **now}
        return sum({blob: size for blobs in now.values() for blob, size in blobs.items()}.values())


def add_image_routes(app: Flask, registry: Registry) -> None:
    sizes = Sizes(registry)

    @app.post("/v1/images/size")
    @body_as(Images)
    def size(body: Images):
        """Bytes in the registry; a blob that several images have counts once."""
        return jsonify(size=sizes.of(body.images, body.token.get_secret_value()))

    @app.post("/v1/images/remove")
    @body_as(Images)
    def remove(body: Images):
        """They leave the registry; 204, repeatable."""
        for image in body.images:
            registry.remove(image.repository, image.digest, body.token.get_secret_value())
        return "", 204
