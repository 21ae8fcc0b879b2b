"""The Flask app that every service starts from: JSON errors, health, metrics, service tokens, validated bodies."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from functools import wraps

from flask import Flask, Response, g, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Histogram, generate_latest
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import HTTPException

from ..secrets.tokens import Verifier
from ..wire.errors import BadRequest, Forbidden, Problem, ServiceDown, Unauthorized, Unavailable
from .settings import Settings

log = logging.getLogger(__name__)

MAX_BODY = 32 * 1024**2     # bytes; service to service
OPEN_PATHS = {"/healthz", "/readyz", "/metrics"}
SECONDS = Histogram("continuum_http_seconds", "Time to answer", ["service", "route", "method", "status"])

Check = Callable[[], tuple[bool, str]]      # (ready, sentence)


def create_service(name: str, settings: Settings, *, callers: set[str] | None = None,
                   checks: dict[str, Check] | None = None) -> Flask:
    """A Flask app that answers `/healthz`, `/readyz`, `/metrics`, and else only signed calls.

    `callers`: services that may call; None means any signed one. `checks`: what `/readyz` asks, by name.
    Functions appended to `app.background` are called once it is about to serve, never at import; those in
    `app.closing` when it ends. `app.open_paths`: what is answered without a service token.
    """
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("pika").setLevel(logging.WARNING)      # it tells each step of a connection as INFO
    app = Flask(name)
    app.json.sort_keys = False
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.background, app.closing = [], []
    app.open_paths = set(OPEN_PATHS)
    _answer_health(app, name, checks or {})
    _require_token(app, Verifier(name, settings.service_public_keys), callers)
    _answer_errors(app)
    return app


def body_as(model: type[BaseModel]):
    """Decorator: the JSON body, validated, becomes the view's last argument; otherwise 400 with each cause."""
    def decorate(view):
        @wraps(view)
        def checked(**path):
            return view(**path, body=parse(model, request.get_json(silent=True)))
        return checked
    return decorate


def parse(model: type[BaseModel], data) -> BaseModel:
    """`data` as `model`; raises BadRequest that names each wrong field."""
    try:
        return model.model_validate(data)
    except ValidationError as problem:
        causes = [('.'.join(map(str, item["loc"])) or "body", item["msg"]) for item in problem.errors()]
        refusal = BadRequest("; ".join(f"{name}: {cause}" for name, cause in causes))
        refusal.fields = dict(causes)
        raise refusal from problem


def _require_token(app: Flask, verifier: Verifier, callers: set[str] | None) -> None:
    @app.before_request
    def check_caller():
        if request.path in app.open_paths:
            return
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer":
            raise Unauthorized("the call carries no service token")
        g.caller = verifier.caller(token)
        if callers is not None and g.caller not in callers:
            raise Forbidden(f"{g.caller} may not call this service")


def _answer_errors(app: Flask) -> None:
    @app.errorhandler(Problem)
    def problem(error: Problem):
        wait = {"Retry-After": str(max(1, round(error.retry_after)))} if error.retry_after else {}
        fields = {"fields": error.fields} if error.fields else {}
        return {"error": error.error, "detail": error.detail, **fields}, error.status, wait

    @app.errorhandler(ServiceDown)
    def down(error: ServiceDown):
        return jsonify(error=Unavailable.error, detail=str(error)), Unavailable.status

    @app.errorhandler(HTTPException)
    def http(error: HTTPException):
        return jsonify(error=error.name.lower().replace(" ", "_"), detail=error.description), error.code

    @app.errorhandler(Exception)
    def unexpected(error: Exception):
        number = uuid.uuid4().hex[:12]
        log.exception("request %s %s failed, id %s", request.method, request.path, number)
        return jsonify(error="internal", detail=f"unexpected error, id {number}; the service's log has it"), 500


def _answer_health(app: Flask, name: str, checks: dict[str, Check]) -> None:
    @app.before_request
    def begin():
        g.began = time.perf_counter()

    @app.after_request
    def measure(response: Response):
        route = request.url_rule.rule if request.url_rule else "unknown"
        SECONDS.labels(name, route, request.method, response.status_code).observe(time.perf_counter() - g.began)
        return response

    @app.get("/healthz")
    def healthz():
        return jsonify(status="ok", service=name)

    @app.get("/readyz")
    def readyz():
        results = {key: check() for key, check in checks.items()}
        ready = all(good for good, _ in results.values())
        return jsonify(ready=ready, checks={key: {"ok": good, "detail": detail}
                                            for key, (good, detail) in results.items()}), 200 if ready else 503

    @app.get("/metrics")
    def metrics():
        return Response(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)
