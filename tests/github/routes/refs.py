"""Branches, tags and git's own refs."""

from __future__ import annotations

from flask import Blueprint, jsonify

from .. import store
from ..access import PREFIX, hub, need, not_found
from ..faults import refusal
from ..paging import paged
from ..shapes import commits
from ..state import Repo

blueprint = Blueprint("refs", __name__, url_prefix=f"{PREFIX}/repos/<owner>/<name>")


def readable(owner: str, name: str) -> Repo:
    return need(owner, name, permission="contents")


@blueprint.get("/branches")
def branches(owner: str, name: str):
    repo = readable(owner, name)
    return paged(list(store.refs(repo.folder, "refs/heads/").items()),
                 lambda each: commits.branch(hub(), repo, _short(each[0]), each[1]))


@blueprint.get("/branches/<path:branch>")
def branch(owner: str, name: str, branch: str):
    repo = readable(owner, name)
    sha = store.refs(repo.folder, f"refs/heads/{branch}").get(f"refs/heads/{branch}")
    if sha is None:
        return refusal(404, "Branch not found")
    return jsonify(commits.whole_branch(hub(), repo, branch, sha))


@blueprint.get("/tags")
def tags(owner: str, name: str):
    repo = readable(owner, name)
    names = list(store.refs(repo.folder, "refs/tags/"))[::-1]
    return paged(names, lambda each: commits.tag(hub(), repo, _short(each), store.commit_of(repo.folder, each)))


@blueprint.get("/git/matching-refs/<path:ref>")
def matching(owner: str, name: str, ref: str):
    """Those that begin with it, whole path parts or not."""
    repo = readable(owner, name)
    known = store.refs(repo.folder)
    if not known:
        return refusal(409, "Git Repository is empty.")
    found = [each for each in known.items() if each[0].startswith(f"refs/{ref}")]
    return paged(found, lambda each: commits.ref(hub(), repo, *each))


@blueprint.get("/git/ref/<path:ref>")
def one(owner: str, name: str, ref: str):
    repo = readable(owner, name)
    known = store.refs(repo.folder)
    if not known:
        return refusal(409, "Git Repository is empty.")
    sha = known.get(f"refs/{ref}")
    return jsonify(commits.ref(hub(), repo, f"refs/{ref}", sha)) if sha else not_found()


@blueprint.get("/git/tags/<sha>")
def tag_object(owner: str, name: str, sha: str):
    repo = readable(owner, name)
    try:
        return jsonify(commits.tag_object(hub(), repo, sha))
    except store.GitSaysNo:
        return not_found()


def _short(full: str) -> str:
    return full.split("/", 2)[2]
