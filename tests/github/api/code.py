"""A repository and its code, read from git."""

from __future__ import annotations

from flask import Blueprint, jsonify, request

from .. import shapes
from ..gate import Refuse, needs
from ..world import Repository
from . import paged, repo_path

MOST_FILES = 300


def add(app: Blueprint) -> None:
    app.get(repo_path())(show)
    app.get(repo_path("/branches"))(branches)
    app.get(repo_path("/tags"))(tags)
    app.get(repo_path("/commits/<path:ref>"))(commit)
    app.get(repo_path("/contents/"))(top)
    app.get(repo_path("/contents/<path:where>"))(contents)
    app.get(repo_path("/compare/<path:basehead>"))(compare)


@needs()
def show(repo: Repository):
    return jsonify(shapes.repository(repo, full=True))


@needs()
def branches(repo: Repository):
    return paged(sorted(repo.git.refs("heads").items()), lambda item: shapes.branch(repo, *item))


@needs()
def tags(repo: Repository):
    return paged(sorted(repo.git.refs("tags").items(), reverse=True), lambda item: shapes.tag(repo, *item))


@needs()
def commit(repo: Repository, ref: str):
    if not repo.git.refs("heads"):
        raise Refuse(409, "Git Repository is empty.")
    found = find(repo, ref)
    if found is None:
        raise Refuse(422, f"No commit found for SHA: {ref}")
    return jsonify(shapes.commit(repo, found))


@needs()
def top(repo: Repository):
    return _contents(repo, "")


@needs()
def contents(repo: Repository, where: str):
    return _contents(repo, where)


@needs()
def compare(repo: Repository, basehead: str):
    names = basehead.split("...")
    start, end = (find(repo, name) for name in names) if len(names) == 2 else (None, None)
    base = start and end and repo.git.base(start, end)
    if not base:
        raise Refuse(404, "Not Found")
    files = [shapes.changed_file(repo, end, *change) for change in repo.git.changed(base, end)[:MOST_FILES]]
    per_page, page = int(request.args.get("per_page", 250)), int(request.args.get("page", 1))
    commits = repo.git.between(base, end)[(page - 1) * per_page:page * per_page]
    behind = len(repo.git.between(base, start))
    return jsonify(shapes.comparison(repo, start, base, end, files if page == 1 else [], commits, behind))


def find(repo: Repository, ref: str) -> str | None:
    """`heads/x`, `tags/x`, a plain name or a hash."""
    kind, _, rest = ref.partition("/")
    tries = [f"refs/{ref}"] if kind in ("heads", "tags") and rest else [f"refs/heads/{ref}", f"refs/tags/{ref}", ref]
    return next((commit for name in tries if (commit := repo.git.head(name))), None)


def _contents(repo: Repository, where: str):
    commit = find(repo, request.args.get("ref", repo.default_branch))
    entry = commit and repo.git.entry(commit, where)
    if not entry:
        raise Refuse(404, "Not Found" if commit else "This repository is empty.")
    kind, sha = entry
    if kind == "blob":
        return jsonify(shapes.content(repo, where, sha))
    prefix = f"{where}/" if where else ""
    return jsonify([shapes.entry(repo, f"{prefix}{name}", *rest) for name, *rest in repo.git.listing(sha)])
