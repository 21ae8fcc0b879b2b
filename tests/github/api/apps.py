"""Apps: installations and their tokens, a manifest's code, credentials."""

from __future__ import annotations

import time

from flask import Blueprint, jsonify, request

from .. import shapes
from ..gate import Refuse, the_repo, the_world, viewer
from ..world import AppRegistration
from . import body, path, repo_path

HOUR = 3600


def add(app: Blueprint) -> None:
    app.get(repo_path("/installation"))(of_repo)
    app.get(path("/app"))(show)
    app.post(path("/app/installations/<int:number>/access_tokens"))(token)
    app.post(path("/app-manifests/<code>/conversions"))(convert)
    app.post(path("/applications/<client_id>/token"))(check_token)
    app.delete(path("/applications/<client_id>/grant"))(end_grant)


def show():
    return jsonify(shapes.integration(_proved()))


def of_repo(owner: str, name: str):
    app, repo = _proved(), the_repo(owner, name)
    for item in the_world().installations.values():
        if item.app_id == app.app_id and repo.id in item.repos:
            return jsonify(shapes.installation(item, app))
    raise Refuse(404, "Not Found")


def token(number: int):
    app, world, wanted = _proved(), the_world(), body()
    item = world.installations.get(number)
    if item is None or item.app_id != app.app_id:
        raise Refuse(404, "Not Found")
    names = wanted.get("repositories")
    repos = {repo for repo in item.repos if names is None or world.repos[repo].name in names}
    if names is not None and len(repos) < len(names):
        raise Refuse(422, "There is at least one repository that does not exist or is not accessible")
    made = world.token(None, installation=number, repos=frozenset(repos))
    return jsonify(token=made.value, expires_at=shapes.at(time.time() + HOUR), permissions={"contents": "read"},
                   repository_selection="selected"), 201


def convert(code: str):
    app = the_world().manifest_codes.pop(code, None)
    if app is None:
        raise Refuse(404, "Not Found")
    return jsonify(**shapes.integration(app), client_secret=app.client_secret, pem=app.private_key,
                   webhook_secret=app.webhook.secret if app.webhook else None), 201


def check_token(client_id: str):
    app = _credentials(client_id)
    found = the_world().tokens.get(body().get("access_token", ""))
    if found is None or found.client_id != app.client_id:
        raise Refuse(404, "Not Found")
    return jsonify(_authorization(found, app))


def end_grant(client_id: str):
    """Signs the person out at GitHub: every token of theirs for this app."""
    app, world = _credentials(client_id), the_world()
    found = world.tokens.get(body().get("access_token", ""))
    if found is None or found.client_id != app.client_id:
        raise Refuse(404, "Not Found")
    for other in list(world.tokens.values()):
        if (other.client_id, other.login) == (app.client_id, found.login):
            world.revoke(other.value)
    return "", 204


def _credentials(client_id: str) -> AppRegistration:
    given, app = request.authorization, the_world().apps.get(client_id)
    if not (given and app and (given.username, given.password) == (app.client_id, app.client_secret)):
        raise Refuse(401, "Bad credentials")
    return app


def _authorization(found, app: AppRegistration) -> dict:
    return {"id": 1, "url": shapes.api("/authorizations/1"), "scopes": sorted(found.scopes), "token": found.value,
            "token_last_eight": found.value[-8:], "hashed_token": "", "note": None, "note_url": None,
            "app": {"client_id": app.client_id, "name": app.slug, "url": shapes.web()}, "fingerprint": None,
            "created_at": shapes.BORN, "updated_at": shapes.BORN, "expires_at": None,
            "user": shapes.whoever(found.login)}


def _proved() -> AppRegistration:
    if viewer().app is None:
        raise Refuse(401, "A JSON web token could not be decoded")
    return viewer().app
