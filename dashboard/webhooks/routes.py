"""`POST /webhooks/github/{repo}`, a repository's own webhook, and `POST /webhooks/github`, the App's.

Nothing else happens here, so that GitHub has its answer whatever is going on behind.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from urllib.parse import quote

from flask import Blueprint, current_app, jsonify, request
from pydantic import SecretStr

from common.errors import BadRequest, Conflict, NotFound, TooLarge, Unauthorized, Unavailable

from ..auth.rights import UNKNOWN, requires
from ..github import hook
from ..github.registration import registration
from ..services import dbproxy
from . import essentials, generations, signature
from .generations import PATIENCE

log = logging.getLogger(__name__)

blueprint = Blueprint("webhooks", __name__)

LARGEST = 25 * 1024**2                     # bytes; GitHub sends no more
LARGE, LARGE_AT_ONCE = 1024**2, 4          # so many bodies above that size are read at once
_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")
_large = threading.BoundedSemaphore(LARGE_AT_ONCE)


@blueprint.post("/webhooks/github/<id:repo>")
@requires("public", csrf=False)
def of_repo(repo: int):
    given, guessed, body = _given(), generations.guess(repo), None
    if guessed is not None:
        body = _body()
        try:
            return _accept(given, body, hook.secret(repo, guessed), repo, guessed)
        except Unauthorized:
            log.debug("the webhook of repository %s is looked up anew", repo)
    generation = generations.look(repo)
    secret = None if generation is None else hook.secret(repo, generation)
    return _accept(given, _body() if body is None else body, secret, repo, generation)


@blueprint.post("/webhooks/github")
@requires("public", csrf=False)
def of_app():
    given = _given()
    found = registration() if current_app.config["SETTINGS"].github_on else None
    if found is None:
        raise NotFound(UNKNOWN)
    return _accept(given, _body(), found.webhook_secret)


def _given() -> str:
    """The signature as sent; everything that needs no body is looked at before the body is read."""
    request.max_content_length = LARGEST
    if (request.content_length or 0) > LARGEST:
        raise TooLarge("a delivery has at most 25 MB")
    given = request.headers.get(signature.HEADER, "")
    signature.check_form(given)
    return given


def _accept(given: str, body: bytes, secret: SecretStr | None, repo: int | None = None, generation: int | None = None):
    """Raises Unauthorized, also where `generation` is not that of the webhook by now."""
    signature.check(secret, body, given)
    event, guid = _header("X-GitHub-Event"), _header("X-GitHub-Delivery")
    payload = _payload(body)
    path = essentials.repo_path(payload)
    try:
        answer = dbproxy.send("PUT", f"/v1/deliveries/github/{guid}", patience=PATIENCE, json={
            "event": event, "action": essentials.action(payload), "repo": repo or _connected(path), "repo_path": path,
            "generation": generation, "payload": essentials.of(payload)})
    except (Conflict, NotFound) as other:
        raise Unauthorized(signature.REFUSED) from other
    new = answer.status_code == 201
    return jsonify(delivery=answer.json()["id"], state="queued" if new else "known already"), 202 if new else 200


def _body() -> bytes:
    if (request.content_length or LARGEST) <= LARGE:
        return request.get_data(cache=False)
    if not _large.acquire(blocking=False):
        raise Unavailable("several large deliveries are being read: this one is found by comparing heads")
    try:
        return request.get_data(cache=False)
    finally:
        _large.release()


def _header(name: str) -> str:
    value = request.headers.get(name, "")
    if not _NAME.fullmatch(value):
        raise BadRequest(f"{name} is missing or odd")
    return value


def _payload(body: bytes) -> dict:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise BadRequest("the body is no JSON object: set the webhook's content type to application/json")
    return found


def _connected(path: str | None) -> int | None:
    """The number of the repository that an App's delivery is about; None where it is not connected here."""
    if path is None:
        return None
    owner, name = (quote(part, safe="") for part in path.split("/"))
    try:
        return dbproxy.get(f"/v1/repos/by-name/github/{owner}/{name}", patience=PATIENCE)["id"]
    except NotFound:
        return None
