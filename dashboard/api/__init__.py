"""The public REST API, /api/v1. A function here is the call, and what the pages use: one way to each thing."""

from __future__ import annotations

from flask import Flask

from ..web.modules import import_all


def register_api(app: Flask) -> None:
    import_all(__name__)
    from .endpoint import blueprint

    app.register_blueprint(blueprint)
