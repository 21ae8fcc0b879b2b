"""What a run that does not begin with build could start from: all that a page's look at it needs, in one answer."""

from __future__ import annotations

from flask import Blueprint, jsonify, request

from common.errors import NotFound

from .. import deployments
from ..access import callers
from ..database import Transaction, transactional
from ..repos import store as repos
from . import jobs, store

bp = Blueprint("starts", __name__)

MOST = 100       # deployments
RUNS = 3         # of the newest of them: what is live, and what a rollback goes back to, as a rule


@bp.get("/v1/repos/<int:repo>/starts")
@callers("orchestrator")
@transactional
def show(transaction: Transaction, repo: int):
    """`ref`: of the default branch where none is named."""
    row = repos.get(transaction, repo)
    ref = request.args.get("ref") or row["default_branch"]
    rows = transaction.all(
        f"SELECT {deployments.DEPLOYMENT} FROM {deployments.FROM} WHERE deployments.repo = %s AND "
        "deployments.state IN ('live', 'kept', 'stopped') ORDER BY deployments.id DESC LIMIT %s", (repo, MOST))
    return jsonify(repo=row, ref=ref, deployments=rows,
                   newest={stage: _newest(transaction, repo, stage, ref) for stage in ("build", "scan")},
                   runs=[_whole(transaction, number) for number in dict.fromkeys(row["run"] for row in rows[:RUNS])])


def _newest(transaction: Transaction, repo: int, stage: str, ref: str) -> dict | None:
    try:
        return jobs.newest(transaction, repo, stage, ref)
    except NotFound:
        return None


def _whole(transaction: Transaction, run: int) -> dict:
    return {**store.get(transaction, run), "jobs": jobs.of_run(transaction, run)}
