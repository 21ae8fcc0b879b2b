"""The pages: Jinja over the functions of `api/`. They read and post without JavaScript; with it they move."""

from __future__ import annotations

from flask import Flask, g, request

from ..auth import csrf
from ..auth.rights import may
from . import filters


def register_pages(app: Flask) -> None:
    from . import (account, admin, confirm, deliveries, deployments, findings, github_repos,  # noqa: F401
                   github_settings, github_setup, github_signin, log, pulls, reference, repo, repos, run, settings,
                   signin, status)
    from .blueprint import blueprint
    from .github_context import CONTEXT

    app.register_blueprint(blueprint)
    app.jinja_env.filters.update(filters.FILTERS)
    app.jinja_env.globals.update(filters.GLOBALS | CONTEXT)

    @app.context_processor
    def everywhere() -> dict:
        actor = g.get("actor")
        return {"actor": actor, "may": may, "seen": g.get("seen"), "csrf_token": csrf.token(actor.secret_hash) if actor else "",
                "layout": "fragment.html" if request.headers.get("X-Fragment") else "base.html",
                "scheme": request.cookies.get("scheme", ""), "density": request.cookies.get("density", "")}
