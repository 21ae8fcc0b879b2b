"""The run and job endpoints."""

from __future__ import annotations

from typing import TypeVar

from flask import Blueprint, g, request

from common.api.base import Items, Page
from common.api.runs import Job, JobFields, NewestJob, RenewedLease, Run, RunWithJobs, RunWithStages
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
    """201 new; 200 the double: of the same `key`, or of the same repo, kind and commit (of a rollback: and inputs; of a pull
    request: and ref) that is neither over nor being canceled.
    `supersede` cancels what waits of the same repo, ref and kind; 429 `quota` over `most_waiting` of the actor.
    """
    run, new = store.create(transaction, body)
    return run, 201 if new else 200


@bp.get("/v1/runs")
@callers("orchestrator", "dashboard")
@answers(Page[Run])
@transactional
def index(transaction: Transaction):
    """Filters: `repo repos state kind ref commit event actor active`; sorted by `id created ended state`; `stages=true` adds the
    newest job of each stage."""
    filters = Filters()
    for name in ("state", "kind", "ref", "commit", "event", "actor"):
        filters.equal(f"runs.{name}", name)
    if flag("active") is not None:
        filters.add(f"(runs.state IN {NOT_OVER}) = %s", flag("active"))
    for name in ("repo", "repos"):
        filters.numbers("runs.repo", name)
    found = paged(transaction, store.RUN, store.FROM, filters, sorting(SORTS, "-id"), counted="runs")
    if not flag("stages"):
        return found
    return Page[RunWithStages].model_validate({**found, "items": stages.with_stages(transaction, found["items"])})


@bp.get("/v1/runs/<int:run>")
@callers("orchestrator", "dashboard", "scanner", "tester")
@answers(RunWithJobs)
@transactional
def show(transaction: Transaction, run: int):
    """With its jobs; their inputs without sealed values, but for orchestrator."""
    found = jobs.of_run(transaction, run)
    return {**store.get(transaction, run), "jobs": [_seen(Job.model_validate(job)) for job in found]}


@bp.patch("/v1/runs/<int:run>")
@callers("orchestrator")
@answers(Run)
@body_as(RunChange)
@transactional
def change(transaction: Transaction, run: int, body: RunChange):
    """Under the fence: 409 `old_fence`. What is null or absent stays; a state in which it is over is final (409 `final`, the
    same again is 200). `release` lets the lease expire, so that the run is the next to be claimed."""
    return store.change(transaction, run, body)


@bp.post("/v1/runs/claim")
@callers("orchestrator")
@answers(Items[Run])
@body_as(Claim)
def claim(body: Claim):
    """Those without a lease or with an expired one, the oldest first, at most one of a repo under way, each with a raised
    fence. Waits up to `wait` seconds for one.

    A claim does not change the state: a run is running while a job of it runs.
    """
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
    """For 30 s; 409 `old_fence` once another has the run."""
    return leases.renew(transaction, run, body.owner, body.fence)


@bp.post("/v1/runs/<int:run>/cancel")
@callers("orchestrator")
@answers(Run)
@body_as(ByActor)
@transactional
def cancel(transaction: Transaction, run: int, body: ByActor):
    """A run that nobody has claimed is over at once, the owner of another is asked; 409 `final` for one that is over otherwise."""
    return store.cancel(transaction, run, body.actor)


@bp.post("/v1/runs/<int:run>/retry")
@callers("orchestrator")
@answers(Run)
@body_as(ByActor)
@transactional
def retry(transaction: Transaction, run: int, body: ByActor):
    """A run that ended in a state that can be retried waits again, with a raised fence; 409 `not_retryable`."""
    return store.retry(transaction, run, body.actor)


@bp.put("/v1/runs/<int:run>/jobs/<stage>.<int:attempt>")
@callers("orchestrator")
@answers(Job)
@body_as(JobState)
@transactional
def put_job(transaction: Transaction, run: int, stage: str, attempt: int, body: JobState):
    """Under the run's fence: 409 `old_fence`, `final` for another state of one that is over. What is null or absent stays;
    times in ms. A pending job with a `worker` waits for a slot there."""
    return _seen(Job.model_validate(jobs.put(transaction, run, stage, attempt, body)))


@bp.get("/v1/runs/<int:run>/jobs/<stage>.<int:attempt>")
@callers("orchestrator", "dashboard")
@answers(Job)
@transactional
def get_job(transaction: Transaction, run: int, stage: str, attempt: int):
    """`inputs` without sealed values, but for orchestrator."""
    return _seen(Job.model_validate(jobs.get(transaction, run, stage, attempt)))


@bp.get("/v1/repos/<int:repo>/newest")
@callers("orchestrator", "dashboard")
@answers(NewestJob)
@transactional
def newest(transaction: Transaction, repo: int):
    """The newest job of `?stage=` that was a success, of `?ref=` or of any branch and tag; 404 without one."""
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
