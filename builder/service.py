"""Puts the builder together: the stage `build`, the images of the registry, and tokens for it."""

from __future__ import annotations

from flask import Flask

from common.wire.contracts import BuildInputs
from common.worker.app import create_worker
from common.worker.jobs import Stage

from .build_tokens import add_token_route
from .images import add_image_routes
from .settings import BuilderSettings
from .stage import Builder


def create_app(settings: BuilderSettings) -> Flask:
    builder = Builder(settings)
    app = create_worker("builder", {"build": Stage(builder.build, BuildInputs)}, settings, checks=builder.checks())
    add_image_routes(app, builder.registry)
    add_token_route(app, builder.tokens)
    app.background.insert(0, builder.start)
    app.closing.append(builder.stop)
    return app
