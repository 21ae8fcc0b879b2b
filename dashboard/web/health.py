"""/healthz and /readyz for whoever starts us, /metrics for Prometheus (a token of a platform owner)."""

from __future__ import annotations

import time

from flask import Flask, Response, g, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from common.service.web import SECONDS
from common.wire.errors import Problem, ServiceDown

from ..auth.rights import requires
from ..clients import dbproxy


def add_health(app: Flask) -> None:
    @app.before_request
    def begin():
        g.began = time.perf_counter()

    @app.after_request
    def measure(response: Response):
        route = request.url_rule.rule if request.url_rule else "unknown"
        if "began" in g and not response.is_streamed:
            SECONDS.labels("dashboard", route, request.method, response.status_code).observe(
                time.perf_counter() - g.began)
        return response

    app.add_url_rule("/healthz", view_func=healthz)
    app.add_url_rule("/readyz", view_func=readyz)
    app.add_url_rule("/metrics", view_func=metrics)


@requires("public")
def healthz():
    return jsonify(status="ok", service="dashboard")


@requires("public")
def readyz():
    """Ready without dbproxy would be of no use: every page asks it who is there."""
    try:
        dbproxy.get("/healthz", patience=0, timeout=2)
        ready, detail = True, "answers"
    except (ServiceDown, Problem):
        ready, detail = False, "does not answer"
    return jsonify(ready=ready, checks={"dbproxy": {"ok": ready, "detail": detail}}), 200 if ready else 503


@requires("owner")
def metrics():
    return Response(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)
