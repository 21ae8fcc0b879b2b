"""The entrances of webhooks: is it the forge's, then stored as queued and answered; orchestrator does the rest."""

from __future__ import annotations

from flask import Flask


def register_webhooks(app: Flask) -> None:
    from .routes import blueprint

    app.register_blueprint(blueprint)
