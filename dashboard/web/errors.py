"""Errors as JSON `{error, detail, id}` below /api/, as a page elsewhere; the id is in our log and in a header."""

from __future__ import annotations

import logging
import uuid

from flask import Flask, Response, flash, g, jsonify, make_response, redirect, render_template, request
from werkzeug.exceptions import HTTPException, NotFound, RequestEntityTooLarge

from common.wire.errors import Problem, ServiceDown, Unavailable

from ..auth.at_forge import Revoked
from ..auth.sessions import close_session

log = logging.getLogger(__name__)

TITLES = {400: "That did not make sense", 403: "Not allowed", 404: "Not found", 405: "Not possible here",
          409: "Not now", 413: "Too large", 422: "That did not make sense", 429: "Too many tries",
          500: "Something broke here", 503: "A part of the platform is away"}
NEXT = {403: "Ask an admin of the repository for the right, or go back.",
        404: "The list of your repositories is one click away.",
        500: "Try again; if it happens again, give the id below to whoever runs this installation.",
        503: "This page tries again by itself in a few seconds."}
WORDS = {NotFound: "there is nothing at this address",      # where werkzeug's own would not help
         RequestEntityTooLarge: "the body is larger than this call takes"}
RETRY_AFTER = 5      # seconds


def add_errors(app: Flask) -> None:
    @app.before_request
    def number_request():
        g.id = uuid.uuid4().hex[:12]

    @app.after_request
    def tell_number(response: Response):
        response.headers["X-Request-Id"] = g.get("id", "")
        return response

    @app.errorhandler(Revoked)
    def revoked(error: Revoked):
        return answer(error.status, error.error, error.detail) if wants_json() else signed_out(error.detail)

    @app.errorhandler(Problem)
    def problem(error: Problem):
        return answer(error.status, error.error, error.detail, getattr(error, "retry_after", None))

    @app.errorhandler(ServiceDown)
    def down(error: ServiceDown):
        return answer(Unavailable.status, Unavailable.error, str(error), RETRY_AFTER)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException):
        if error.code is not None and error.code < 400:
            return error
        detail = WORDS.get(type(error), error.description)
        return answer(error.code or 500, error.name.lower().replace(" ", "_"), detail or error.name)

    @app.errorhandler(Exception)
    def unexpected(error: Exception):
        log.exception("request %s %s failed, id %s", request.method, request.path, g.get("id"))
        return answer(500, "internal", "an unexpected error; the service's log has it under this id")


def signed_out(detail: str) -> Response:
    """The person's forge knows them no more, so neither do we; the next page says why."""
    response = redirect("/signin", 303)
    if g.get("actor") is not None and g.actor.by_cookie:
        close_session(response, g.actor.secret_hash)
    flash(detail[:1].upper() + detail[1:] + ".", "failure")
    return response


def wants_json() -> bool:
    return request.path.startswith(("/api/", "/webhooks/"))


def answer(status: int, error: str, detail: str, retry_after: float | None = None) -> Response:
    number = g.get("id", "")
    if wants_json():
        response = make_response(jsonify(error=error, detail=detail, id=number), status)
    else:
        page = render_template("error.html", status=status, title=TITLES.get(status, "Not possible"), detail=detail,
                               next_step=NEXT.get(status), number=number,
                               retry=RETRY_AFTER if status == 503 and request.method == "GET" else None)
        response = make_response(page, status)
    if retry_after:
        response.headers["Retry-After"] = str(max(1, round(retry_after)))
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="Continuum"'
    return response
