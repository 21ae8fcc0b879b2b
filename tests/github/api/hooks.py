"""Webhooks of a repository, and their deliveries."""

from __future__ import annotations

from flask import Blueprint, jsonify

from .. import shapes
from ..deliveries import post_of
from ..gate import Refuse, needs, the_world
from ..world import Hook, Repository
from . import body, paged, repo_path

SCOPES = ("repo", "admin:repo_hook", "write:repo_hook")


def add(app: Blueprint) -> None:
    app.get(repo_path("/hooks"))(index)
    app.post(repo_path("/hooks"))(create)
    app.get(repo_path("/hooks/<int:hook>"))(show)
    app.patch(repo_path("/hooks/<int:hook>"))(update)
    app.delete(repo_path("/hooks/<int:hook>"))(delete)
    app.get(repo_path("/hooks/<int:hook>/deliveries"))(deliveries)
    app.post(repo_path("/hooks/<int:hook>/deliveries/<int:delivery>/attempts"))(again)


@needs(*SCOPES, level="admin")
def index(repo: Repository):
    return paged(list(repo.hooks.values()), lambda hook: shapes.hook(repo, hook))


@needs(*SCOPES, level="admin")
def create(repo: Repository):
    wanted = body()
    config = wanted.get("config", {})
    if any(hook.url == config.get("url") for hook in repo.hooks.values()):
        raise Refuse(422, "Validation Failed: Hook already exists on this repository")
    made = Hook(next(the_world().numbers), config["url"], config.get("secret", ""), wanted.get("events", ["push"]))
    repo.hooks[made.id] = made
    post_of(the_world()).ping(repo, made)
    return jsonify(shapes.hook(repo, made)), 201


@needs(*SCOPES, level="admin")
def show(repo: Repository, hook: int):
    return jsonify(shapes.hook(repo, _find(repo, hook)))


@needs(*SCOPES, level="admin")
def update(repo: Repository, hook: int):
    found, wanted = _find(repo, hook), body()
    config = wanted.get("config", {})
    found.url, found.secret = config.get("url", found.url), config.get("secret", found.secret)
    found.events, found.active = wanted.get("events", found.events), wanted.get("active", found.active)
    return jsonify(shapes.hook(repo, found))


@needs(*SCOPES, level="admin")
def delete(repo: Repository, hook: int):
    del repo.hooks[_find(repo, hook).id]
    return "", 204


@needs(*SCOPES, level="admin")
def deliveries(repo: Repository, hook: int):
    shown = ("id", "guid", "delivered_at", "redelivery", "duration", "status", "status_code", "event", "action")
    return paged([{**{key: item[key] for key in shown}, "installation_id": None, "repository_id": repo.id}
                  for item in reversed(_find(repo, hook).deliveries)])


@needs(*SCOPES, level="admin")
def again(repo: Repository, hook: int, delivery: int):
    found = _find(repo, hook)
    before = next((item for item in found.deliveries if item["id"] == delivery), None)
    if before is None:
        raise Refuse(404, "Not Found")
    post_of(the_world()).again(found, before)
    return jsonify({}), 202


def _find(repo: Repository, number: int) -> Hook:
    if number not in repo.hooks:
        raise Refuse(404, "Not Found")
    return repo.hooks[number]
