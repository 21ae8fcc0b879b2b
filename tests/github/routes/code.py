"""Commits, comparisons, files."""

from __future__ import annotations

from flask import Blueprint, Response, abort, jsonify, request

from .. import store
from ..access import PREFIX, hub, invalid, not_found
from ..faults import refusal
from ..paging import asked, paged
from ..shapes import commits
from ..state import Repo
from .refs import readable

blueprint = Blueprint("code", __name__, url_prefix=f"{PREFIX}/repos/<owner>/<name>")

LARGEST = 100 * 1024**2      # bytes of a file


@blueprint.get("/commits")
def history(owner: str, name: str):
    repo = readable(owner, name)
    sha = _commit(repo, request.args.get("sha") or repo.default_branch)
    path = ["--", request.args["path"]] if request.args.get("path") else []
    found = store.text(repo.folder, "rev-list", sha, *path).split()
    return paged(found, lambda each: commits.commit(hub(), repo, store.commit(repo.folder, each)))


@blueprint.get("/commits/<path:ref>")
def one(owner: str, name: str, ref: str):
    repo = readable(owner, name)
    sha = _commit(repo, ref)
    if "sha" in request.headers.get("Accept", "").split("."):
        return Response(sha, mimetype="application/vnd.github.sha")
    return jsonify(commits.commit(hub(), repo, store.commit(repo.folder, sha)))


def _commit(repo: Repo, ref: str) -> str:
    if not store.refs(repo.folder):
        abort(refusal(409, "Git Repository is empty."))
    sha = store.commit_of(repo.folder, ref)
    if sha is None:
        abort(invalid(f"No commit found for SHA: {ref}"))
    return sha


@blueprint.get("/compare/<path:basehead>")
def compare(owner: str, name: str, basehead: str):
    repo = readable(owner, name)
    base, dots, head = basehead.partition("...")
    ends = [store.commit_of(repo.folder, end.rpartition(":")[2]) for end in (base, head)]
    if not dots or None in ends:
        return not_found()
    try:
        merge_base = store.text(repo.folder, "merge-base", *ends)
    except store.GitSaysNo:
        return refusal(404, f"No common ancestor between {base} and {head}.")
    page, per_page = asked()
    return jsonify(commits.comparison(hub(), repo, *ends, merge_base, page, per_page if "per_page" in request.args else 250))


@blueprint.get("/contents/", defaults={"path": ""})
@blueprint.get("/contents/<path:path>")
def contents(owner: str, name: str, path: str):
    repo = readable(owner, name)
    sha = store.commit_of(repo.folder, request.args.get("ref") or repo.default_branch)
    found = store.entry(repo.folder, sha, path) if sha else None
    if sha is None and request.args.get("ref"):
        return refusal(404, f"No commit found for the ref {request.args['ref']}")
    if found is None:
        return not_found()
    kind, thing = found
    if kind == "tree":
        return jsonify(_listing(repo, sha, path.rstrip("/"), thing))
    if kind == "commit":
        return jsonify({**commits.content(hub(), repo, sha, path, kind, thing, 0), "submodule_git_url": None})
    return _file(repo, sha, path, thing)


def _listing(repo: Repo, sha: str, folder: str, tree: str) -> list[dict]:
    return [commits.content(hub(), repo, sha, f"{folder}/{name}".lstrip("/"), kind, thing, size)
            for kind, thing, name, size in store.listing(repo.folder, tree)]


def _file(repo: Repo, sha: str, path: str, thing: str) -> Response:
    size = int(store.text(repo.folder, "cat-file", "-s", thing))
    if size > LARGEST:
        return refusal(403, "This API returns blobs up to 100 MB in size. The requested blob is too large.")
    content = store.git(repo.folder, "cat-file", "blob", thing)
    if "raw" in request.headers.get("Accept", ""):
        return Response(content, mimetype="application/vnd.github.raw+json")
    return jsonify(commits.file(hub(), repo, sha, path, thing, content))
