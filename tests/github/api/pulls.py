"""Pull requests."""

from __future__ import annotations

from flask import Blueprint, jsonify, request

from .. import shapes
from ..deliveries import post_of
from ..gate import Refuse, needs, the_world, viewer
from ..world import PullRequest, Repository
from . import body, paged, repo_path


def add(app: Blueprint) -> None:
    app.get(repo_path("/pulls"))(index)
    app.post(repo_path("/pulls"))(create)
    app.get(repo_path("/pulls/<int:number>"))(show)
    app.patch(repo_path("/pulls/<int:number>"))(update)


@needs()
def index(repo: Repository):
    state = request.args.get("state", "open")
    return paged([item for item in repo.pulls.values() if state in (item.state, "all")],
                 lambda item: shapes.pull(repo, item))


@needs()
def show(repo: Repository, number: int):
    return jsonify(shapes.pull(repo, _find(repo, number), full=True))


@needs("repo", "public_repo")
def create(repo: Repository):
    wanted, world = body(), the_world()
    owner, _, branch = wanted["head"].rpartition(":")
    head = world.find(owner, repo.name) if owner and owner != repo.owner else repo
    if head is None or head.git.head(f"refs/heads/{branch}") is None:
        raise Refuse(422, "Validation Failed: head is invalid")
    made = world.pull_request(repo, head, branch, viewer().login, wanted["title"])
    post_of(world).pull_request(repo, made, "opened")
    return jsonify(shapes.pull(repo, made, full=True)), 201


@needs("repo", "public_repo", level="write")
def update(repo: Repository, number: int):
    found, wanted = _find(repo, number), body()
    found.title, before = wanted.get("title", found.title), found.state
    found.state = wanted.get("state", before)
    if found.state != before:
        post_of(the_world()).pull_request(repo, found, "closed" if found.state == "closed" else "reopened")
    return jsonify(shapes.pull(repo, found, full=True))


def _find(repo: Repository, number: int) -> PullRequest:
    if number not in repo.pulls:
        raise Refuse(404, "Not Found")
    return repo.pulls[number]
