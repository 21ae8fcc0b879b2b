"""Webhooks of a repository, and their deliveries."""

from __future__ import annotations

import json

from flask import Blueprint, abort, jsonify, request

from .. import outbox
from ..access import PREFIX, acting, body, hub, invalid, need, not_found
from ..paging import paged
from ..state import Delivery, Hook, Repo

blueprint = Blueprint("hooks", __name__, url_prefix=f"{PREFIX}/repos/<owner>/<name>/hooks")

KNOWN = {"*", "push", "create", "delete", "pull_request", "repository", "public", "ping", "status", "check_run",
         "check_suite", "deployment", "deployment_status", "issue_comment", "member", "release", "fork", "issues"}
MOST = 20      # webhooks of one repository


@blueprint.get("")
def listed(owner: str, name: str):
    repo = _repo(owner, name)
    return paged(list(repo.hooks.values()), lambda hook: shape(repo, hook))


@blueprint.post("")
def add(owner: str, name: str):
    repo, given = _repo(owner, name, "write"), body()
    config = given.get("config") or {}
    problem = _problem(repo, given, config)
    if problem:
        return invalid("Validation Failed", problem)
    hook = Hook(hub().next_id(), config["url"], config.get("secret", ""), given.get("events", ["push"]),
                given.get("active", True), config.get("content_type", "form"), hub().now())
    repo.hooks[hook.id] = hook
    hub().outbox.ping(repo, hook, shape(repo, hook), acting())
    return jsonify(shape(repo, hook)), 201


def _problem(repo: Repo, given: dict, config: dict) -> dict | None:
    if given.get("name", "web") != "web":
        return {"resource": "Hook", "code": "custom", "field": "name", "message": "Only web hooks are supported"}
    if not str(config.get("url", "")).startswith(("http://", "https://")):
        return {"resource": "Hook", "code": "custom", "field": "url", "message": "config url is missing a URL scheme"}
    if set(given.get("events", [])) - KNOWN:
        return {"resource": "Hook", "code": "custom", "field": "events",
                "message": "Events is not included in the list"}
    if any((hook.url, hook.content_type) == (config["url"], config.get("content_type", "form"))
           and set(hook.events) & set(given.get("events", ["push"])) for hook in repo.hooks.values()):
        return {"resource": "Hook", "code": "custom", "message": "Hook already exists on this repository"}
    if len(repo.hooks) >= MOST:
        return {"resource": "Hook", "code": "custom", "message": "The \"push\" event cannot have more than 20 hooks"}
    return None


@blueprint.get("/<int:number>")
def one(owner: str, name: str, number: int):
    repo = _repo(owner, name)
    return jsonify(shape(repo, _hook(repo, number)))


@blueprint.patch("/<int:number>")
def change(owner: str, name: str, number: int):
    repo, given = _repo(owner, name, "write"), body()
    hook, config = _hook(repo, number), given.get("config") or {}
    hook.url, hook.content_type = config.get("url", hook.url), config.get("content_type", hook.content_type)
    hook.secret = config.get("secret", "" if config else hook.secret)      # left out of a config: taken away, as there
    added = set(given.get("add_events", []))
    removed = set(given.get("remove_events", []))
    hook.events = sorted((set(given.get("events", hook.events)) | added) - removed)
    hook.active = given.get("active", hook.active)
    return jsonify(shape(repo, hook))


@blueprint.delete("/<int:number>")
def remove(owner: str, name: str, number: int):
    repo = _repo(owner, name, "write")
    del repo.hooks[_hook(repo, number).id]
    return "", 204


@blueprint.post("/<int:number>/pings")
def ping(owner: str, name: str, number: int):
    repo = _repo(owner, name, "write")
    hook = _hook(repo, number)
    hub().outbox.ping(repo, hook, shape(repo, hook), acting())
    return "", 204


@blueprint.get("/<int:number>/deliveries")
def deliveries(owner: str, name: str, number: int):
    repo = _repo(owner, name)
    hook = _hook(repo, number)
    found = [each for each in reversed(hub().outbox.deliveries) if each.hook is hook]
    return paged(found[:request.args.get("per_page", 30, type=int)], _delivery)


@blueprint.get("/<int:number>/deliveries/<int:delivery>")
def delivery(owner: str, name: str, number: int, delivery: int):
    repo = _repo(owner, name)
    found = _found(_hook(repo, number), delivery)
    sent = {"headers": outbox.headers(found), "payload": json.loads(found.body)}
    return jsonify({**_delivery(found), "url": found.url, "request": sent,
                    "response": {"headers": {}, "payload": found.answer}})


@blueprint.post("/<int:number>/deliveries/<int:delivery>/attempts")
def again(owner: str, name: str, number: int, delivery: int):
    repo = _repo(owner, name, "write")
    hub().outbox.again(_found(_hook(repo, number), delivery))
    return {}, 202


def _repo(owner: str, name: str, level: str = "read") -> Repo:
    return need(owner, name, "admin", "repository_hooks", level)


def _hook(repo: Repo, number: int) -> Hook:
    return repo.hooks.get(number) or abort(not_found())


def _found(hook: Hook, number: int) -> Delivery:
    found = next((each for each in hub().outbox.deliveries if each.id == number and each.hook is hook), None)
    return found or abort(not_found())


def shape(repo: Repo, hook: Hook) -> dict:
    api = f"{hub().api}/repos/{repo.path}/hooks/{hook.id}"
    secret = {"secret": "********"} if hook.secret else {}
    return {"type": "Repository", "id": hook.id, "name": "web", "active": hook.active, "events": hook.events,
            "config": {"content_type": hook.content_type, "insecure_ssl": "0", "url": hook.url, **secret},
            "updated_at": hook.created, "created_at": hook.created, "url": api, "test_url": f"{api}/test",
            "ping_url": f"{api}/pings", "deliveries_url": f"{api}/deliveries", "last_response": hook.last}


def _delivery(found: Delivery) -> dict:
    return {"id": found.id, "guid": found.guid, "delivered_at": found.at, "redelivery": found.redelivery, "duration": 0.1,
            "status": "OK" if found.status and found.status < 400 else "Invalid HTTP Response",
            "status_code": found.status or 0, "event": found.event, "action": found.action, "installation_id": None,
            "repository_id": found.repo.id if found.repo else None, "throttled_at": None}
