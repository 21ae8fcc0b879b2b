"""Pull requests, from a branch and from a fork."""

from __future__ import annotations

from flask import Blueprint, abort, jsonify, request

from .. import store
from ..access import PREFIX, acting, body, hub, invalid, need, not_found
from ..paging import paged
from ..shapes import commits, pulls
from ..state import Pull, Repo

blueprint = Blueprint("pulls", __name__, url_prefix=f"{PREFIX}/repos/<owner>/<name>/pulls")


@blueprint.get("")
def listed(owner: str, name: str):
    repo = need(owner, name, permission="pull_requests")
    state, base = request.args.get("state", "open"), request.args.get("base")
    found = [each for each in repo.pulls.values() if state in ("all", each.state) and base in (None, each.base_ref)]
    newest_first = request.args.get("direction", "desc") == "desc"
    return paged(sorted(found, key=lambda each: each.number, reverse=newest_first),
                 lambda each: pulls.listed(hub(), each))


@blueprint.post("")
def add(owner: str, name: str):
    repo, given = need(owner, name, "pull", "pull_requests", "write"), body()
    who, _, branch = str(given.get("head", "")).rpartition(":")
    head = repo if who in ("", repo.owner.login) else _fork_of(repo, who)
    if head is None or store.commit_of(head.folder, f"heads/{branch}") is None:
        return invalid("Validation Failed", {"resource": "PullRequest", "field": "head", "code": "invalid"})
    made = hub().pull(repo, head, branch, title=given.get("title", ""), author=acting().login, base_ref=given.get("base"))
    return jsonify(pulls.whole(hub(), made)), 201


def _fork_of(repo: Repo, login: str) -> Repo | None:
    return next((each for each in hub().repos.values()
                 if each.parent is repo and each.owner.login.lower() == login.lower()), None)


@blueprint.get("/<int:number>")
def one(owner: str, name: str, number: int):
    return jsonify(pulls.whole(hub(), _pull(need(owner, name, permission="pull_requests"), number)))


@blueprint.patch("/<int:number>")
def change(owner: str, name: str, number: int):
    repo, given = need(owner, name, "push", "pull_requests", "write"), body()
    pull = _pull(repo, number)
    pull.title = given.get("title", pull.title)
    if given.get("state") == "closed" and pull.state == "open":
        hub().close(pull)
    return jsonify(pulls.whole(hub(), pull))


@blueprint.get("/<int:number>/files")
def files(owner: str, name: str, number: int):
    repo = need(owner, name, permission="pull_requests")
    pull = _pull(repo, number)
    base = store.text(repo.folder, "merge-base", f"refs/heads/{pull.base_ref}", pull.head_sha)
    return paged(store.differences(repo.folder, base, pull.head_sha),
                 lambda each: commits.changed_file(hub(), repo, pull.head_sha, *each))


def _pull(repo: Repo, number: int) -> Pull:
    return repo.pulls.get(number) or abort(not_found())
