"""Pull requests as their forge told them last, and who let which commit of one run."""

from __future__ import annotations

from typing import Annotated, Literal

from flask import Blueprint
from pydantic import Field

from common.api.base import Page
from common.api.forges import PullRequest
from common.service.web import body_as
from common.wire.contracts import Commit
from common.wire.errors import Conflict, NotFound

from ..access import callers
from ..answers import answers
from ..bodies import Actor, Body, Name
from ..database import Transaction, transactional
from ..paging import Filters, paged, sorting
from ..repos import store as repos

bp = Blueprint("pulls", __name__)

FIELDS = ("title", "author", "author_id", "head_commit", "head_ref", "head_repo_id", "base_ref", "fork", "state",
          "comment")
PULL = f"""pulls.repo, pulls.number, {", ".join(f"pulls.{name}" for name in FIELDS)}, pulls.created, pulls.changed,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('commit', commit, 'actor', actor, 'at', at) ORDER BY at), '[]')
     FROM pull_approvals approvals WHERE (approvals.repo, approvals.number) = (pulls.repo, pulls.number)) AS approvals,
    (SELECT jsonb_build_object('id', id, 'commit', commit, 'state', state, 'reason', reason, 'code', code,
        'params', params, 'created', created, 'ended', ended) FROM runs WHERE runs.repo = pulls.repo AND runs.event = 'pull_request'
        AND runs.ref = 'refs/pull/' || pulls.number || '/head' ORDER BY id DESC LIMIT 1) AS run"""
Ref = Annotated[str, Field(min_length=1, max_length=1024)]


class Pull(Body):
    title: Annotated[str, Field(max_length=1024)]
    author: Name
    author_id: Name
    head_commit: Commit
    head_ref: Ref
    head_repo_id: Name | None = None
    base_ref: Ref
    fork: bool
    state: Literal["open", "closed"]
    comment: Name | None = None


class PullChange(Body):
    comment: Name


class Approval(Body):
    commit: Commit
    actor: Actor


@bp.put("/v1/repos/<int:repo>/pulls/<int:number>")
@callers("orchestrator")
@answers(PullRequest)
@body_as(Pull)
@transactional
def put(transaction: Transaction, repo: int, number: int, body: Pull):
    """What is known of our comment stays where the caller names none."""
    repos.get(transaction, repo)
    columns, values = ", ".join(FIELDS), ", ".join(f"%({name})s" for name in FIELDS)
    changes = ", ".join(f"{name} = excluded.{name}" for name in FIELDS if name != "comment")
    transaction.do(
        f"INSERT INTO pulls (repo, number, {columns}) VALUES (%(repo)s, %(number)s, {values}) "
        f"ON CONFLICT (repo, number) DO UPDATE SET {changes}, comment = coalesce(excluded.comment, pulls.comment), "
        "changed = now()", {**body.model_dump(), "repo": repo, "number": number})
    transaction.emit("pull.updated", repo=repo)
    return _get(transaction, repo, number)


@bp.patch("/v1/repos/<int:repo>/pulls/<int:number>")
@callers("orchestrator")
@answers(PullRequest)
@body_as(PullChange)
@transactional
def change(transaction: Transaction, repo: int, number: int, body: PullChange):
    """Our comment at the forge, that alone."""
    transaction.do("UPDATE pulls SET comment = %s WHERE repo = %s AND number = %s", (body.comment, repo, number))
    return _get(transaction, repo, number)


@bp.get("/v1/repos/<int:repo>/pulls")
@callers("dashboard", "orchestrator")
@answers(Page[PullRequest])
@transactional
def index(transaction: Transaction, repo: int):
    """Filters: `state head_commit fork`; sorted by `number changed`, the newest first."""
    repos.get(transaction, repo)
    filters = Filters()
    filters.add("pulls.repo = %s", repo)
    for name in ("state", "head_commit", "fork"):
        filters.equal(f"pulls.{name}", name)
    order = sorting({"number": "pulls.number", "changed": "pulls.changed"}, "-number")
    return paged(transaction, PULL, "pulls", filters, order)


@bp.get("/v1/repos/<int:repo>/pulls/<int:number>")
@callers("dashboard", "orchestrator")
@answers(PullRequest)
@transactional
def show(transaction: Transaction, repo: int, number: int):
    return _get(transaction, repo, number)


@bp.post("/v1/repos/<int:repo>/pulls/<int:number>/approvals")
@callers("orchestrator")
@answers(PullRequest)
@body_as(Approval)
@transactional
def approve(transaction: Transaction, repo: int, number: int, body: Approval):
    """For the very commit that the person saw: a head that moved on meanwhile is a Conflict."""
    pull = transaction.one("SELECT head_commit, state FROM pulls WHERE repo = %s AND number = %s FOR UPDATE",
                           (repo, number))
    if pull is None:
        raise NotFound(f"pull request {number} is unknown")
    if pull["state"] != "open":
        raise Conflict(f"pull request {number} is closed", error="closed")
    if pull["head_commit"] != body.commit:
        raise Conflict(f"pull request {number} is at {pull['head_commit'][:12]} by now: look at that commit first",
                       error="moved")
    transaction.do("INSERT INTO pull_approvals (repo, number, commit, actor) VALUES (%s, %s, %s, %s) "
                   "ON CONFLICT DO NOTHING", (repo, number, body.commit, body.actor))
    transaction.emit("pull.updated", repo=repo)
    return _get(transaction, repo, number), 201


def _get(transaction: Transaction, repo: int, number: int) -> dict:
    row = transaction.one(f"SELECT {PULL} FROM pulls WHERE repo = %s AND number = %s", (repo, number))
    if row is None:
        raise NotFound(f"pull request {number} is unknown")
    return row
