"""Images leave the registry with the repository that they were built for."""

from __future__ import annotations

from flask import Flask
from pydantic import BaseModel, ConfigDict

from common.contracts import ImageRef
from common.web import body_as

from .registry import Registry


class Images(BaseModel):
    model_config = ConfigDict(extra="forbid")

    images: list[ImageRef]


def add_image_routes(app: Flask, registry: Registry) -> None:
    @app.post("/v1/images/remove")
    @body_as(Images)
    def remove(body: Images):
        for image in body.images:
            registry.remove(image.repository, image.digest)
        return "", 204
