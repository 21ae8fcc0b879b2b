"""Comments on issues, which pull requests are, too."""

from __future__ import annotations

from flask import Blueprint, abort, jsonify

from ..access import PREFIX, acting, body, hub, invalid, need, not_found
from ..paging import paged
from ..shapes import people
from ..state import Repo

blueprint = Blueprint("comments", __name__, url_prefix=f"{PREFIX}/repos/<owner>/<name>/issues")

LONGEST = 65536      # characters


@blueprint.get("/<int:number>/comments")
def listed(owner: str, name: str, number: int):
    repo = need(owner, name, permission="pull_requests")
    _pull(repo, number)
    return paged([each for each in repo.comments.values() if each["issue_url"].endswith(f"/{number}")], dict)


@blueprint.post("/<int:number>/comments")
def add(owner: str, name: str, number: int):
    repo = need(owner, name, "pull", "pull_requests", "write")
    _pull(repo, number)
    made, text = hub().next_id(), _text()
    api, web = f"{hub().api}/repos/{repo.path}/issues", f"{hub().url}/{repo.path}/pull/{number}"
    repo.comments[made] = {
        "url": f"{api}/comments/{made}", "html_url": f"{web}#issuecomment-{made}", "issue_url": f"{api}/{number}",
        "id": made, "node_id": f"IC_{made}", "user": people.simple(hub(), acting()), "created_at": hub().now(),
        "updated_at": hub().now(), "author_association": "MEMBER", "body": text, "performed_via_github_app": None}
    return jsonify(repo.comments[made]), 201


@blueprint.get("/comments/<int:number>")
def one(owner: str, name: str, number: int):
    return jsonify(_comment(need(owner, name, permission="pull_requests"), number))


@blueprint.patch("/comments/<int:number>")
def change(owner: str, name: str, number: int):
    found = _own(need(owner, name, "pull", "pull_requests", "write"), number)
    found |= {"body": _text(), "updated_at": hub().now()}
    return jsonify(found)


@blueprint.delete("/comments/<int:number>")
def remove(owner: str, name: str, number: int):
    repo = need(owner, name, "pull", "pull_requests", "write")
    del repo.comments[_own(repo, number)["id"]]
    return "", 204


def _text() -> str:
    text = body().get("body")
    if not isinstance(text, str) or not text:
        abort(invalid("Validation Failed", {"resource": "IssueComment", "code": "missing_field", "field": "body"}))
    if len(text) > LONGEST:
        abort(invalid("Validation Failed", {"resource": "IssueComment", "code": "unprocessable", "field": "data",
                                            "message": f"Body is too long (maximum is {LONGEST} characters)"}))
    return text


def _own(repo: Repo, number: int) -> dict:
    """Whoever may push changes other people's, too."""
    found, who = _comment(repo, number), acting()
    if found["user"]["id"] != who.id and repo.right_of(who) in (None, "pull", "triage"):
        abort(not_found())
    return found


def _comment(repo: Repo, number: int) -> dict:
    return repo.comments.get(number) or abort(not_found())


def _pull(repo: Repo, number: int) -> None:
    if number not in repo.pulls:
        abort(not_found())
