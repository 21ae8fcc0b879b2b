"""The pages: Jinja over the functions of `api/`. They read and post without JavaScript; with it they move."""

from __future__ import annotations

from flask import Flask, g, request, session

from ..auth import csrf
from ..auth.gone import gone
from ..auth.rights import may
from ..web.modules import import_all
from . import filters


def register_pages(app: Flask) -> None:
    import_all(__name__)
    from .blueprint import blueprint
    from .forge_context import CONTEXT
    from .plain import plain_url, reads_plain

    app.register_blueprint(blueprint)
    app.jinja_env.filters.update(filters.FILTERS)
    app.jinja_env.globals.update(filters.GLOBALS | CONTEXT | {"plain_url": plain_url, "gone": gone})

    @app.context_processor
    def everywhere() -> dict:
        actor = g.get("actor")
        whole = not request.headers.get("X-Fragment")
        return {"problems": g.get("problems", {}), "began": _began() if whole else [], "actor": actor, "may": may,
                "seen": g.get("seen"), "csrf_token": csrf.token(actor.secret_hash) if actor else "",
                "layout": "base.html" if whole else "fragment.html", "plain": reads_plain(),
                "scheme": request.cookies.get("scheme", ""), "density": request.cookies.get("density", "")}


def _began() -> list[int]:
    """Runs that were begun since the last whole page; told once."""
    return session.pop("began") if "began" in session else []
