"""The public REST API, /api/v1. A function here is the call, and what the pages use: one way to each thing."""

from __future__ import annotations

from flask import Flask


def register_api(app: Flask) -> None:
    from . import (accounts, database, deliveries, deployments, events, findings, forge_app,  # noqa: F401
                   invitations, limits, logs, members, openapi, own_repos, pulls, quotas, removal, repos, runs, secrets, settings, status,
                   tokens, waivers, webhook)
    from .endpoint import blueprint

    app.register_blueprint(blueprint)
