"""The run and job endpoints."""

from __future__ import annotations

from flask import Blueprint, g, jsonify, request

from common.service.web import body_as

from ..access import callers
from ..bells import wait_for
from ..bodies import Claim
from ..database import Transaction, database, transactional
from ..paging import Filters, flag, paged, sorting
from ..states import NOT_OVER
from ..waiting import listener
from . import jobs, leases, stages, store
from .bodies import ByActor, JobState, Lease, NewRun, RunChange

bp = Blueprint("runs", __name__)

SEALED_KEYS = {"secrets", "sealed", "sealed_token"}
SORTS = {"id": "runs.id", "created": "runs.created", "ended": "runs.ended", "state": "runs.state"}


@bp.post("/v1/runs")
@callers("orchestrator")
@body_as(NewRun)
@transactional
def create(transaction: Transaction, body: NewRun):
    run, new = store.create(transaction, body)
    return jsonify(run), 201 if new else 200


@bp.get("/v1/runs")
@callers("orchestrator", "dashboard")
@transactional
def index(transaction: Transaction):
    filters = Filters()
    for name in ("state", "kind", "ref", "commit", "event", "actor"):
        filters.equal(f"runs.{name}", name)
    if flag("active") is not None:
        filters.add(f"(runs.state IN {NOT_OVER}) = %s", flag("active"))
    for name in ("repo", "repos"):
        filters.numbers("runs.repo", name)
    found = paged(transaction, store.RUN, store.FROM, filters, sorting(SORTS, "-id"), counted="runs")
    if flag("stages"):
        stages.add_to(transaction, found["items"])
    return jsonify(found)


@bp.get("/v1/runs/<int:run>")
@callers("orchestrator", "dashboard", "scanner", "tester")
@transactional
def show(transaction: Transaction, run: int):
    return jsonify({**store.get(transaction, run), "jobs": [_seen(job) for job in jobs.of_run(transaction, run)]})


@bp.patch("/v1/runs/<int:run>")
@callers("orchestrator")
@body_as(RunChange)
@transactional
def change(transaction: Transaction, run: int, body: RunChange):
    return jsonify(store.change(transaction, run, body))


@bp.post("/v1/runs/claim")
@callers("orchestrator")
@body_as(Claim)
def claim(body: Claim):
    def look():
        runs = database().run(leases.claim, body.owner, body.limit)
        return runs, None if runs else database().run(leases.next_expiry)

    runs = wait_for(listener().claims, look, body.wait)
    return jsonify(items=runs, total=len(runs))


@bp.post("/v1/runs/<int:run>/lease")
@callers("orchestrator")
@body_as(Lease)
@transactional
def renew(transaction: Transaction, run: int, body: Lease):
    return jsonify(leases.renew(transaction, run, body.owner, body.fence))


@bp.post("/v1/runs/<int:run>/cancel")
@callers("orchestrator")
@body_as(ByActor)
@transactional
def cancel(transaction: Transaction, run: int, body: ByActor):
    return jsonify(store.cancel(transaction, run, body.actor))


@bp.post("/v1/runs/<int:run>/retry")
@callers("orchestrator")
@body_as(ByActor)
@transactional
def retry(transaction: Transaction, run: int, body: ByActor):
    return jsonify(store.retry(transaction, run, body.actor))


@bp.put("/v1/runs/<int:run>/jobs/<stage>.<int:attempt>")
@callers("orchestrator")
@body_as(JobState)
@transactional
def put_job(transaction: Transaction, run: int, stage: str, attempt: int, body: JobState):
    return jsonify(_seen(jobs.put(transaction, run, stage, attempt, body)))


@bp.get("/v1/runs/<int:run>/jobs/<stage>.<int:attempt>")
@callers("orchestrator", "dashboard")
@transactional
def get_job(transaction: Transaction, run: int, stage: str, attempt: int):
    return jsonify(_seen(jobs.get(transaction, run, stage, attempt)))


@bp.get("/v1/repos/<int:repo>/newest")
@callers("orchestrator", "dashboard")
@transactional
def newest(transaction: Transaction, repo: int):
    stage, ref = request.args.get("stage", "build"), request.args.get("ref") or None
    return jsonify(_seen(jobs.newest(transaction, repo, stage, ref)))


def _seen(job: dict) -> dict:
    """Inputs hold sealed values: they are the orchestrator's alone."""
    return job if g.caller == "orchestrator" else {**job, "inputs": without_sealed(job["inputs"])}


def without_sealed(value):
    """JSON without the keys that hold, or lead to, sealed values."""
    if isinstance(value, dict):
        return {name: without_sealed(item) for name, item in value.items() if name not in SEALED_KEYS}
    if isinstance(value, list):
        return [without_sealed(item) for item in value]
    return value
