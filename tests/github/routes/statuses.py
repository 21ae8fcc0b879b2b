"""Commit statuses: each context's newest one counts."""

from __future__ import annotations

from flask import Blueprint, jsonify

from .. import store
from ..access import PREFIX, acting, body, hub, invalid, need
from ..paging import paged
from ..shapes import people, repository
from ..state import Repo

blueprint = Blueprint("statuses", __name__, url_prefix=f"{PREFIX}/repos/<owner>/<name>")

STATES = ("error", "failure", "pending", "success")
MOST = 1000      # of one commit and context


@blueprint.post("/statuses/<sha>")
def add(owner: str, name: str, sha: str):
    repo, given = need(owner, name, "push", "statuses", "write"), body()
    context = given.get("context") or "default"
    if given.get("state") not in STATES:
        return invalid("Validation Failed", {"resource": "Status", "code": "custom", "field": "state",
                                             "message": "state is not included in the list"})
    if store.commit_of(repo.folder, sha) != sha:
        return invalid(f"No commit found for SHA: {sha}")
    if len(given.get("description") or "") > 140:
        return invalid("Validation Failed", {"resource": "Status", "code": "custom", "field": "description",
                                             "message": "description is too long (maximum is 140 characters)"})
    if sum(1 for each in repo.statuses if (each["sha"], each["context"]) == (sha, context)) >= MOST:
        return invalid("Validation failed: This SHA and context has reached the maximum number of statuses.")
    return jsonify(_shown(_kept(repo, sha, given, context))), 201


def _kept(repo: Repo, sha: str, given: dict, context: str) -> dict:
    number, who = hub().next_id(), people.simple(hub(), acting())
    made = {"url": f"{hub().api}/repos/{repo.path}/statuses/{sha}", "avatar_url": who["avatar_url"], "id": number,
            "node_id": f"SC_{number}", "state": given["state"], "description": given.get("description"),
            "target_url": given.get("target_url"), "context": context, "created_at": hub().now(),
            "updated_at": hub().now(), "creator": who, "sha": sha}
    repo.statuses.append(made)
    return made


def _shown(status: dict, *, creator: bool = True) -> dict:
    return {name: value for name, value in status.items() if name != "sha" and (creator or name != "creator")}


@blueprint.get("/commits/<path:ref>/statuses")
def listed(owner: str, name: str, ref: str):
    repo = need(owner, name, permission="statuses")
    sha = store.commit_of(repo.folder, ref)
    return paged([each for each in reversed(repo.statuses) if each["sha"] == sha], _shown)


@blueprint.get("/commits/<path:ref>/status")
def combined(owner: str, name: str, ref: str):
    repo = need(owner, name, permission="statuses")
    sha = store.commit_of(repo.folder, ref)
    if sha is None:
        return invalid(f"No commit found for SHA: {ref}")
    newest = {each["context"]: each for each in repo.statuses if each["sha"] == sha}
    api = f"{hub().api}/repos/{repo.path}"
    return jsonify(state=together([each["state"] for each in newest.values()]), sha=sha, total_count=len(newest),
                   statuses=[{**_shown(each, creator=False), "required": False} for each in newest.values()],
                   repository=repository.listed(hub(), repo, None), commit_url=f"{api}/commits/{sha}",
                   url=f"{api}/commits/{sha}/status")


def together(states: list[str]) -> str:
    if {"error", "failure"} & set(states):
        return "failure"
    return "success" if states and set(states) == {"success"} else "pending"
