"""What a run that does not begin with build could start from: all that a page's look at it needs, in one answer."""

from __future__ import annotations

from flask import Blueprint, request

from common.api.runs import RepoStarts
from common.wire.stages import LASTING

from .. import deployments
from ..access import callers
from ..answers import answers
from ..database import Transaction, transactional
from ..repos import store as repos
from . import jobs, store

bp = Blueprint("starts", __name__)

MOST = 100       # deployments
RUNS = 3         # of the newest of them: what is live, and what a rollback goes back to, as a rule


@bp.get("/v1/repos/<int:repo>/starts")
@callers("orchestrator")
@answers(RepoStarts)
@transactional
def show(transaction: Transaction, repo: int):
    """`ref`: of the default branch where none is named."""
    row = repos.get(transaction, repo)
    ref = request.args.get("ref") or row["default_branch"]
    rows = transaction.all(
        f"SELECT {deployments.DEPLOYMENT} FROM {deployments.FROM} WHERE deployments.repo = %s AND "
        "deployments.state IN ('live', 'kept', 'stopped') ORDER BY deployments.id DESC LIMIT %s", (repo, MOST))
    newest = {stage: jobs.newest_job(transaction, repo, stage, ref) for stage in LASTING}
    behind = list(dict.fromkeys(row["run"] for row in rows[:RUNS]))
    runs = store.several(transaction, [*behind, *(job["run"] for job in newest.values() if job)])
    jobs_of = jobs.of_runs(transaction, behind)
    return {"repo": row, "ref": ref, "deployments": rows,
            "newest": {stage: job and {**job, "run_id": job["run"], "run": runs[job["run"]]} for stage, job in newest.items()},
            "runs": [{**runs[number], "jobs": jobs_of[number]} for number in behind]}
