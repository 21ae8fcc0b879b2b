"""Pull requests of a repository; those from forks run nothing until somebody with write approved the commit."""

from __future__ import annotations

from flask import g

from common.api import forges
from common.wire.errors import Conflict, NotFound, Unauthorized
from forges import can

from ..auth.actor import current
from ..clients import db, orchestrator
from . import shapes
from .answers import Page, Run
from .audit import audit, repo_name
from .endpoint import endpoint
from .forge_answers import Pull
from .inputs import ApproveRequest, PullQuery

TAG = "Forge"
MOST = 100      # open ones that the repository's page looks through for waiting ones


@endpoint("GET", "/repos/<id:repo>/pulls", right="read", tag=TAG)
def list_pulls(repo: int, query: PullQuery) -> Page[Pull]:
    """Pull requests as the forge told of them last, newest first; `waits` marks those that need an approval."""
    return shapes.page(db.pulls.page(repo, **query.filters()), Pull, shape)


@endpoint("GET", "/repos/<id:repo>/pulls/<id:number>", right="read", tag=TAG)
def get_pull(repo: int, number: int) -> Pull:
    """One pull request, with who approved which commit, and its newest run."""
    return shape(db.pulls.get(repo, number))


@endpoint("POST", "/repos/<id:repo>/pulls/<id:number>/approve", right="write", status=201, tag=TAG,
          also={409: "the head is another commit by now"})
def approve_pull(repo: int, number: int, body: ApproveRequest) -> Run:
    """Let this commit of a fork run: built, scanned, started and tested, never with secrets, never promoted."""
    if not can(g.repo.forge, "pulls"):
        raise NotFound(f"{repo_name()} has no pull request {number}: its forge has none")
    try:
        run = orchestrator.post(f"/v1/repos/{repo}/pulls/{number}/approve", timeout=30, json={
            "commit": body.commit, "account": current().id, "actor": current().login})
    except Unauthorized as problem:      # of whoever connected the repository, not of who asks now
        raise Conflict(problem.detail) from None
    audit("pull.approve", f"{repo_name()} pull request {number}", body.commit)
    return Run.model_validate(run)


def waiting(repo: int) -> list[Pull]:
    """Those that wait for an approval; none where the forge has no pull requests."""
    if not can(g.repo.forge, "pulls"):
        return []
    return [pull for pull in list_pulls(repo, PullQuery(per_page=MOST)).items if pull.waits]


def shape(row: forges.PullRequest) -> Pull:
    approved = any(approval.commit == row.head_commit for approval in row.approvals)
    return shapes.answer(Pull, row, waits=row.fork and row.state == "open" and not approved)
