"""Statuses, deployments, comments, check runs."""

from __future__ import annotations

import re
import time

from flask import Blueprint, jsonify

from .. import shapes
from ..gate import Refuse, needs, the_world, viewer
from ..world import Repository
from . import body, paged, repo_path

STATES = {"pending", "success", "failure", "error"}
MOST_ANNOTATIONS = 50


def add(app: Blueprint) -> None:
    app.post(repo_path("/statuses/<sha>"))(set_status)
    app.get(repo_path("/commits/<sha>/statuses"))(statuses)
    app.post(repo_path("/deployments"))(deploy)
    app.get(repo_path("/deployments"))(deployments)
    app.post(repo_path("/deployments/<int:number>/statuses"))(set_deployment)
    app.get(repo_path("/issues/<int:number>/comments"))(comments)
    app.post(repo_path("/issues/<int:number>/comments"))(comment)
    app.patch(repo_path("/issues/comments/<int:number>"))(edit)
    app.delete(repo_path("/issues/comments/<int:number>"))(remove)
    app.post(repo_path("/check-runs"))(check)
    app.patch(repo_path("/check-runs/<int:number>"))(change_check)


@needs("repo", "repo:status", level="write")
def set_status(repo: Repository, sha: str):
    if repo.git.head(sha) is None or not re.fullmatch(r"[0-9a-f]{40}", sha):
        raise Refuse(422, f"No commit found for SHA: {sha}")
    wanted = body()
    if wanted.get("state") not in STATES or len(wanted.get("description") or "") > 140:
        raise Refuse(422, "Validation Failed: description is too long (maximum is 140 characters)")
    made = {"id": next(the_world().numbers), "state": wanted["state"], "context": wanted.get("context", "default"),
            "description": wanted.get("description"), "target_url": wanted.get("target_url"), "sha": sha}
    repo.statuses.append(made)
    the_world().tell()
    return jsonify(_status(repo, made)), 201


@needs()
def statuses(repo: Repository, sha: str):
    return paged([item for item in reversed(repo.statuses) if item["sha"] == sha], lambda item: _status(repo, item))


def _status(repo: Repository, item: dict) -> dict:
    shown = {key: item[key] for key in ("id", "state", "context", "description", "target_url")}
    return {**shown, **_born("Status", item["id"]), "avatar_url": None, "creator": _me(),
            "url": shapes.api(f"/repos/{repo.path}/statuses/{item['sha']}")}


@needs("repo", "repo_deployment", level="write")
def deploy(repo: Repository):
    wanted = body()
    commit = repo.git.head(wanted.get("ref", ""))
    if commit is None:
        raise Refuse(422, f"No ref found for: {wanted.get('ref')}")
    if wanted.get("required_contexts") is None:
        raise Refuse(409, "Conflict: Commit status checks failed for main.")
    number = next(the_world().numbers)
    repo.deployments[number] = {"sha": commit, "ref": wanted["ref"], "environment": wanted.get("environment"),
                                "description": wanted.get("description"), "statuses": []}
    the_world().tell()
    return jsonify(_deployment(repo, number)), 201


@needs()
def deployments(repo: Repository):
    return paged(sorted(repo.deployments, reverse=True), lambda number: _deployment(repo, number))


@needs("repo", "repo_deployment", level="write")
def set_deployment(repo: Repository, number: int):
    if number not in repo.deployments:
        raise Refuse(404, "Not Found")
    wanted = body()
    repo.deployments[number]["statuses"].append(wanted)
    the_world().tell()
    made, url = next(the_world().numbers), shapes.api(f"/repos/{repo.path}/deployments/{number}")
    return jsonify({**_born("DeploymentStatus", made), "id": made, "url": f"{url}/statuses/{made}", "creator": _me(),
                    "state": wanted["state"], "description": wanted.get("description", ""), "deployment_url": url,
                    "environment": repo.deployments[number]["environment"], "log_url": wanted.get("log_url", ""),
                    "environment_url": wanted.get("environment_url", ""), "target_url": wanted.get("log_url", ""),
                    "repository_url": shapes.api(f"/repos/{repo.path}")}), 201


def _deployment(repo: Repository, number: int) -> dict:
    url = shapes.api(f"/repos/{repo.path}/deployments/{number}")
    kept = {key: value for key, value in repo.deployments[number].items() if key != "statuses"}
    return {**kept, **_born("Deployment", number), "id": number, "url": url, "statuses_url": f"{url}/statuses",
            "task": "deploy", "payload": {}, "creator": _me(), "repository_url": shapes.api(f"/repos/{repo.path}")}


@needs()
def comments(repo: Repository, number: int):
    found = [item for item in repo.comments.values() if item["issue"] == number]
    return paged(found, lambda item: _comment(repo, item))


@needs("repo", "public_repo")
def comment(repo: Repository, number: int):
    if number not in repo.pulls:
        raise Refuse(404, "Not Found")
    made = next(the_world().numbers)
    repo.comments[made] = {"id": made, "issue": number, "body": body()["body"], "user": _login()}
    the_world().tell()
    return jsonify(_comment(repo, repo.comments[made])), 201


@needs("repo", "public_repo", level="write")
def edit(repo: Repository, number: int):
    if number not in repo.comments:
        raise Refuse(404, "Not Found")
    repo.comments[number]["body"] = body()["body"]
    the_world().tell()
    return jsonify(_comment(repo, repo.comments[number]))


@needs("repo", "public_repo", level="write")
def remove(repo: Repository, number: int):
    if repo.comments.pop(number, None) is None:
        raise Refuse(404, "Not Found")
    return "", 204


def _comment(repo: Repository, item: dict) -> dict:
    url = shapes.api(f"/repos/{repo.path}/issues")
    return {**_born("IssueComment", item["id"]), "id": item["id"], "url": f"{url}/comments/{item['id']}",
            "html_url": shapes.web(f"/{repo.path}/pull/{item['issue']}"), "issue_url": f"{url}/{item['issue']}",
            "user": shapes.whoever(item["user"]), "body": item["body"], "author_association": "OWNER"}


@needs()
def check(repo: Repository):
    return _checked(repo, next(the_world().numbers)), 201


@needs()
def change_check(repo: Repository, number: int):
    if number not in repo.checks:
        raise Refuse(404, "Not Found")
    return _checked(repo, number)


def _checked(repo: Repository, number: int):
    token, wanted = viewer().token, body()
    if token is None or token.installation is None:
        raise Refuse(403, "You must authenticate via a GitHub App.")
    output = wanted.get("output", {})
    if len(output.get("annotations", [])) > MOST_ANNOTATIONS:
        raise Refuse(422, "Invalid request. No more than 50 items are allowed; 51 were supplied.")
    before = repo.checks.get(number, {"annotations": [], "head_sha": wanted.get("head_sha")})
    repo.checks[number] = {**before, **{key: wanted[key] for key in ("name", "status", "conclusion") if key in wanted},
                           "annotations": before["annotations"] + output.get("annotations", []), "output": output}
    the_world().tell()
    return jsonify(_check(repo, number))


def _check(repo: Repository, number: int) -> dict:
    item, url = repo.checks[number], shapes.api(f"/repos/{repo.path}/check-runs/{number}")
    app = next(app for app in the_world().apps.values()
               if app.app_id == the_world().installations[viewer().token.installation].app_id)
    ended = item["status"] == "completed"
    return {"id": number, "node_id": shapes.node("CheckRun", number), "head_sha": item["head_sha"], "external_id": "",
            "url": url, "html_url": url, "details_url": url, "status": item["status"], "name": item["name"],
            "conclusion": item.get("conclusion") if ended else None, "started_at": shapes.BORN,
            "completed_at": shapes.BORN if ended else None, "check_suite": {"id": 1}, "pull_requests": [],
            "app": shapes.integration(app),
            "output": {"title": item["output"].get("title"), "summary": item["output"].get("summary"), "text": None,
                       "annotations_count": len(item["annotations"]), "annotations_url": f"{url}/annotations"}}


def _born(kind: str, number: int) -> dict:
    return {"node_id": shapes.node(kind, number), "created_at": shapes.at(time.time()),
            "updated_at": shapes.at(time.time())}


def _login() -> str:
    token = viewer().token
    if token is None:
        raise Refuse(401, "Requires authentication")
    if token.installation is None:
        return token.login
    number = the_world().installations[token.installation].app_id
    return next(f"{app.slug}[bot]" for app in the_world().apps.values() if app.app_id == number)


def _me() -> dict:
    return shapes.whoever(_login())
