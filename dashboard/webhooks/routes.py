"""`POST /webhooks/{forge}/{repo}`, a repository's own webhook, and `POST /webhooks/{forge}`, that of an App.

Nothing else happens here, so that the forge has its answer whatever is going on behind.
"""

from __future__ import annotations

import logging
import threading

from flask import Blueprint, jsonify, request
from pydantic import SecretStr

from common.wire.errors import Conflict, NotFound, TooLarge, Unauthorized, Unavailable
from forges import Forge

from ..auth.rights import UNKNOWN, requires
from ..clients import db
from ..forge import hook, hub, is_on, registrations
from . import generations
from .generations import PATIENCE

log = logging.getLogger(__name__)

blueprint = Blueprint("webhooks", __name__)

LARGEST = 25 * 1024**2                     # bytes; no forge sends more
LARGE, LARGE_AT_ONCE = 1024**2, 4          # so many bodies above that size are read at once
REFUSED = "this delivery is not signed with this webhook's secret"
_large = threading.BoundedSemaphore(LARGE_AT_ONCE)


@blueprint.post("/webhooks/<hub:forge>/<id:repo>")
@requires("public", csrf=False)
def of_repo(forge: str, repo: int):
    place, guessed, body = _given(forge), generations.guess(forge, repo), None
    if guessed is not None:
        body = _body()
        try:
            return _accept(place, body, hook.secret(repo, guessed), repo, guessed)
        except Unauthorized:
            log.debug("the webhook of repository %s is looked up anew", repo)
    generation = generations.look(forge, repo)
    secret = None if generation is None else hook.secret(repo, generation)
    return _accept(place, _body() if body is None else body, secret, repo, generation)


@blueprint.post("/webhooks/<hub:forge>")
@requires("public", csrf=False)
def of_app(forge: str):
    place = _given(forge)
    found = registrations(place).now() if is_on(forge) else None
    if found is None:
        raise NotFound(UNKNOWN)
    return _accept(place, _body(), found.webhook_secret)


def _given(forge: str) -> Forge:
    """Whose delivery it is; everything that needs no body is looked at before the body is read."""
    request.max_content_length = LARGEST
    if (request.content_length or 0) > LARGEST:
        raise TooLarge("a delivery has at most 25 MB")
    found = hub(forge)
    found.check_headers(request.headers)
    return found


def _accept(forge: Forge, body: bytes, secret: SecretStr | None, repo: int | None = None, generation: int | None = None):
    """Raises Unauthorized, also where `generation` is not that of the webhook by now."""
    found = forge.receive(request.headers, body, secret)
    try:
        delivery, new = db.within(patience=PATIENCE).deliveries.put(
            forge.name, found.id, event=found.event, action=found.action, repo=repo or _connected(forge, found.repo_path),
            repo_path=found.repo_path, generation=generation, payload=found.payload)
    except (Conflict, NotFound) as other:
        raise Unauthorized(REFUSED) from other
    return jsonify(delivery=delivery.id, state="queued" if new else "known already"), 202 if new else 200


def _body() -> bytes:
    if (request.content_length or LARGEST) <= LARGE:
        return request.get_data(cache=False)
    if not _large.acquire(blocking=False):
        raise Unavailable("several large deliveries are being read: this one is found by comparing heads")
    try:
        return request.get_data(cache=False)
    finally:
        _large.release()


def _connected(forge: Forge, path: str | None) -> int | None:
    """The number of the repository that an App's delivery is about; None where it is not connected here."""
    if path is None:
        return None
    owner, name = path.split("/")
    try:
        return db.within(patience=PATIENCE).repos.by_name(forge.name, owner, name).id
    except NotFound:
        return None
