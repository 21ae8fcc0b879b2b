"""The run and job endpoints."""

from __future__ import annotations

from typing import TypeVar

from flask import Blueprint, g, request

from common.api.base import Items, Page
from common.api.runs import Job, JobFields, NewestJob, RenewedLease, Run, RunWithJobs
from common.service.web import body_as

from ..access import callers
from ..answers import answers
from ..bells import wait_for
from ..bodies import Claim
from ..database import Transaction, database, transactional
from ..paging import Filters, flag, paged, sorting
from ..states import NOT_OVER
from ..waiting import listener
from . import jobs, leases, stages, store
from .bodies import ByActor, JobState, Lease, NewRun, RunChange

bp = Blueprint("runs", __name__)

AnyJob = TypeVar("AnyJob", bound=JobFields)
SEALED_KEYS = {"secrets", "sealed", "sealed_token"}
SORTS = {"id": "runs.id", "created": "runs.created", "ended": "runs.ended", "state": "runs.state"}


@bp.post("/v1/runs")
@callers("orchestrator")
@answers(Run)
@body_as(NewRun)
@transactional
def create(transaction: Transaction, body: NewRun):
    run, new = store.create(transaction, body)
    return run, 201 if new else 200


@bp.get("/v1/runs")
@callers("orchestrator", "dashboard")
@answers(Page[Run])
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
    return stages.with_stages(transaction, found) if flag("stages") else found


@bp.get("/v1/runs/<int:run>")
@callers("orchestrator", "dashboard", "scanner", "tester")
@answers(RunWithJobs)
@transactional
def show(transaction: Transaction, run: int):
    found = jobs.of_run(transaction, run)
    return {**store.get(transaction, run), "jobs": [_seen(Job.model_validate(job)) for job in found]}


@bp.patch("/v1/runs/<int:run>")
@callers("orchestrator")
@answers(Run)
@body_as(RunChange)
@transactional
def change(transaction: Transaction, run: int, body: RunChange):
    return store.change(transaction, run, body)


@bp.post("/v1/runs/claim")
@callers("orchestrator")
@answers(Items[Run])
@body_as(Claim)
def claim(body: Claim):
    def look():
        runs = database().run(leases.claim, body.owner, body.limit)
        return runs, None if runs else database().run(leases.next_expiry)

    runs = wait_for(listener().claims, look, body.wait)
    return {"items": runs}


@bp.post("/v1/runs/<int:run>/lease")
@callers("orchestrator")
@answers(RenewedLease)
@body_as(Lease)
@transactional
def renew(transaction: Transaction, run: int, body: Lease):
    return leases.renew(transaction, run, body.owner, body.fence)


@bp.post("/v1/runs/<int:run>/cancel")
@callers("orchestrator")
@answers(Run)
@body_as(ByActor)
@transactional
def cancel(transaction: Transaction, run: int, body: ByActor):
    return store.cancel(transaction, run, body.actor)


@bp.post("/v1/runs/<int:run>/retry")
@callers("orchestrator")
@answers(Run)
@body_as(ByActor)
@transactional
def retry(transaction: Transaction, run: int, body: ByActor):
    return store.retry(transaction, run, body.actor)


@bp.put("/v1/runs/<int:run>/jobs/<stage>.<int:attempt>")
@callers("orchestrator")
@answers(Job)
@body_as(JobState)
@transactional
def put_job(transaction: Transaction, run: int, stage: str, attempt: int, body: JobState):
    return _seen(Job.model_validate(jobs.put(transaction, run, stage, attempt, body)))


@bp.get("/v1/runs/<int:run>/jobs/<stage>.<int:attempt>")
@callers("orchestrator", "dashboard")
@answers(Job)
@transactional
def get_job(transaction: Transaction, run: int, stage: str, attempt: int):
    return _seen(Job.model_validate(jobs.get(transaction, run, stage, attempt)))


@bp.get("/v1/repos/<int:repo>/newest")
@callers("orchestrator", "dashboard")
@answers(NewestJob)
@transactional
def newest(transaction: Transaction, repo: int):
    stage, ref = request.args.get("stage", "build"), request.args.get("ref") or None
    return _seen(NewestJob.model_validate(jobs.newest(transaction, repo, stage, ref)))


def _seen(job: AnyJob) -> AnyJob:
    """Inputs hold sealed values: they are the orchestrator's alone."""
    return job if g.caller == "orchestrator" else job.model_copy(update={"inputs": without_sealed(job.inputs)})


def without_sealed(value):
    """JSON without the keys that hold, or lead to, sealed values."""
    if isinstance(value, dict):
        return {name: without_sealed(item) for name, item in value.items() if name not in SEALED_KEYS}
    if isinstance(value, list):
        return [without_sealed(item) for item in value]
    return value
