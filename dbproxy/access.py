"""Which service may call what: deny by default, each view names its callers."""

from __future__ import annotations

from flask import Flask, current_app, g, request

from common.wire.errors import Forbidden


def callers(*names: str):
    """Decorator, next to the route: the services that may call the view."""
    def mark(view):
        view.callers = frozenset(names)
        return view
    return mark


def enforce(app: Flask, open_paths: set[str]) -> None:
    @app.before_request
    def check_view():
        if request.endpoint is None or request.path in open_paths:
            return
        allowed = getattr(current_app.view_functions[request.endpoint], "callers", frozenset())
        if g.caller not in allowed:
            raise Forbidden(f"{g.caller} may not {request.method} {request.path}")
