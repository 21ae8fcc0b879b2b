"""Deployments and their statuses."""

from __future__ import annotations

from flask import Blueprint, abort, jsonify, request

from .. import store
from ..access import PREFIX, acting, body, hub, invalid, need, not_found
from ..paging import paged
from ..shapes import people
from ..state import Repo

blueprint = Blueprint("deployments", __name__, url_prefix=f"{PREFIX}/repos/<owner>/<name>/deployments")

STATES = ("error", "failure", "inactive", "in_progress", "queued", "pending", "success")


@blueprint.post("")
def add(owner: str, name: str):
    repo, given = need(owner, name, "push", "deployments", "write"), body()
    sha = store.commit_of(repo.folder, str(given.get("ref", "")))
    if sha is None:
        return invalid(f"No ref found for: {given.get('ref')}")
    missing = _unmet(repo, sha, given.get("required_contexts"))
    if missing:
        return jsonify(message=f"Conflict: Commit status checks failed for {sha}.", errors=[],
                       documentation_url="https://docs.github.com/rest"), 409
    made = _made(repo, sha, given)
    repo.deployments[made["id"]] = made
    return jsonify(made), 201


def _unmet(repo: Repo, sha: str, wanted: list[str] | None) -> list[str]:
    """GitHub deploys only what all statuses (or the named ones) approve of; an empty list asks for none."""
    newest = {each["context"]: each["state"] for each in repo.statuses if each["sha"] == sha}
    return [context for context in (newest if wanted is None else wanted) if newest.get(context) != "success"]


def _made(repo: Repo, sha: str, given: dict) -> dict:
    number, environment = hub().next_id(), given.get("environment", "production")
    url = f"{hub().api}/repos/{repo.path}/deployments/{number}"
    return {"url": url, "id": number, "node_id": f"DE_{number}", "sha": sha, "ref": given["ref"],
            "task": given.get("task", "deploy"), "payload": given.get("payload") or {},
            "original_environment": environment, "environment": environment, "description": given.get("description"),
            "creator": people.simple(hub(), acting()), "created_at": hub().now(), "updated_at": hub().now(),
            "statuses_url": f"{url}/statuses", "repository_url": f"{hub().api}/repos/{repo.path}",
            "transient_environment": given.get("transient_environment", False),
            "production_environment": given.get("production_environment", environment == "production")}


@blueprint.get("")
def listed(owner: str, name: str):
    repo = need(owner, name, permission="deployments")
    wanted = {key: request.args[key] for key in ("sha", "ref", "task", "environment") if key in request.args}
    found = [each for each in reversed(repo.deployments.values())
             if all(each[key] == value for key, value in wanted.items())]
    return paged(found, dict)


@blueprint.get("/<int:number>")
def one(owner: str, name: str, number: int):
    return jsonify(_deployment(need(owner, name, permission="deployments"), number))


@blueprint.post("/<int:number>/statuses")
def add_status(owner: str, name: str, number: int):
    repo, given = need(owner, name, "push", "deployments", "write"), body()
    deployment = _deployment(repo, number)
    if given.get("state") not in STATES:
        return invalid("Validation Failed", {"resource": "DeploymentStatus", "code": "custom", "field": "state",
                                             "message": "state is not included in the list"})
    if given["state"] == "success" and given.get("auto_inactive", True):
        _retire(repo, deployment)
    return jsonify(_add(repo, deployment, given)), 201


def _retire(repo: Repo, newer: dict) -> None:
    """Older ones of the same environment are live no more; transient and other production ones stay."""
    for each in repo.deployments.values():
        told = repo.deployment_statuses.get(each["id"], [])
        same = each["environment"] == newer["environment"] and each["id"] < newer["id"]
        if same and not each["transient_environment"] and told and told[-1]["state"] == "success":
            _add(repo, each, {"state": "inactive"})


def _add(repo: Repo, deployment: dict, given: dict) -> dict:
    number = hub().next_id()
    log_url = given.get("log_url") or given.get("target_url") or ""
    made = {"url": f"{deployment['url']}/statuses/{number}", "id": number, "node_id": f"DES_{number}",
            "state": given["state"], "creator": people.simple(hub(), acting()),
            "description": given.get("description", ""), "environment": given.get("environment", deployment["environment"]),
            "target_url": log_url, "log_url": log_url, "environment_url": given.get("environment_url", ""),
            "created_at": hub().now(), "updated_at": hub().now(), "deployment_url": deployment["url"],
            "repository_url": deployment["repository_url"]}
    repo.deployment_statuses.setdefault(deployment["id"], []).append(made)
    return made


@blueprint.get("/<int:number>/statuses")
def statuses(owner: str, name: str, number: int):
    repo = need(owner, name, permission="deployments")
    _deployment(repo, number)
    return paged(repo.deployment_statuses.get(number, [])[::-1], dict)


def _deployment(repo: Repo, number: int) -> dict:
    return repo.deployments.get(number) or abort(not_found())
