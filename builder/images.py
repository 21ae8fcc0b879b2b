"""Images leave the registry with the repository that they were built for."""

from __future__ import annotations

from flask import Flask
from pydantic import BaseModel, ConfigDict, SecretStr

from common.contracts import ImageRef
from common.web import body_as

from .registry import Registry


class Images(BaseModel):
    model_config = ConfigDict(extra="forbid")

    images: list[ImageRef]
    token: SecretStr        # of orchestrator: it deletes images of these names, which we have no right to otherwise


def add_image_routes(app: Flask, registry: Registry) -> None:
    @app.post("/v1/images/remove")
    @body_as(Images)
    def remove(body: Images):
        for image in body.images:
            registry.remove(image.repository, image.digest, body.token.get_secret_value())
        return "", 204
