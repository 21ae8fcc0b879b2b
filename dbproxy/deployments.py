"""Deployments: one image put in one environment by one run; at most one of a repo and environment is live."""

from __future__ import annotations

from typing import Annotated, Literal

from flask import Blueprint
from pydantic import Field

from common.api.base import Page
from common.api.deployments import Deployment
from common.service.web import body_as
from common.wire.contracts import Digest
from common.wire.errors import Conflict, NotFound
from common.wire.stages import UNFINISHED

from .access import callers
from .answers import answers
from .bodies import Actor, Body, Name
from .database import Transaction, transactional
from .paging import Filters, paged, sorting
from .reports import rules
from .reports import store as reports
from .runs import store as runs
from .runs.store import check_fence, fail_promoted

bp = Blueprint("deployments", __name__)

DeploymentState = Literal["candidate", "live", "kept", "stopped", "failed", "removed"]
SORTS = {"id": "deployments.id", "created": "deployments.created", "live_since": "deployments.live_since"}
DEPLOYMENT = """deployments.*, runs.kind AS run_kind, runs.ref, runs.message, runs.author, runs.state AS run_state,
    repos.forge, repos.owner || '/' || repos.name AS repo_path, repos.app,
    (SELECT counts FROM scans WHERE scans.digest = deployments.digest ORDER BY at DESC LIMIT 1) AS findings"""
FROM = "deployments JOIN runs ON runs.id = deployments.run JOIN repos ON repos.id = deployments.repo"


class NewDeployment(Body):
    fence: int
    run: int
    repo: int
    environment: Name = "production"
    digest: Digest
    repository: Name
    commit: Name
    actor: Actor


class DeploymentChange(Body):
    fence: int | None = None      # of the run, from its conductor; None: from who watches what is live
    state: DeploymentState | None = None
    reason: str | None = None
    container: str | None = None
    host: str | None = None
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    url: str | None = None
    health: Literal["healthy", "down"] | None = None
    health_reason: str | None = None
    crashed: bool = False      # soon after it went live: its run is a failure


@bp.post("/v1/deployments")
@callers("orchestrator")
@answers(Deployment)
@body_as(NewDeployment)
@transactional
def create(transaction: Transaction, body: NewDeployment):
    """One a run: the same again is the same; one that was failed or removed is a candidate again."""
    run = check_fence(transaction, body.run, body.fence)
    if run["repo"] != body.repo:
        raise Conflict(f"run {body.run} is of repo {run['repo']}, not {body.repo}")
    known = transaction.one("SELECT id, state FROM deployments WHERE run = %s", (body.run,))
    if known is None:
        known = {"id": _insert(transaction, body), "state": "new"}
    elif known["state"] in ("failed", "removed"):      # the run is tried again
        transaction.do("UPDATE deployments SET state = 'candidate', reason = '', digest = %s, commit = %s, "
                       "changed = now(), container = NULL, host = NULL, port = NULL, url = NULL, ended = NULL "
                       "WHERE id = %s",
                       (body.digest, body.commit, known["id"]))
    transaction.emit("deployment.updated", repo=body.repo, run=body.run, deployment=known["id"])
    return get(transaction, known["id"]), 201 if known["state"] == "new" else 200


@bp.patch("/v1/deployments/<int:deployment>")
@callers("orchestrator")
@answers(Deployment)
@body_as(DeploymentChange)
@transactional
def change(transaction: Transaction, deployment: int, body: DeploymentChange):
    """`fence`: from the run's conductor, 409 `old_fence`. `live` makes what was live there `kept`. `health` is of what is live;
    `crashed`: soon after it went live, so that its run is a failure."""
    row = get(transaction, deployment)
    transaction.do("SELECT FROM repos WHERE id = %s FOR NO KEY UPDATE", (row.repo,))
    if body.fence is not None:
        check_fence(transaction, row.run, body.fence)
    if body.state == "live":
        _replace_live(transaction, row)
    failed = body.crashed and fail_promoted(transaction, row.run, body.reason or body.health_reason or "")
    values = {name: value for name, value in body.given().items() if value is not None and name not in ("crashed", "fence")}
    if values:
        settings = [f"{name} = %({name})s" for name in values] + ["changed = now()"] + _times(body)
        transaction.do(f"UPDATE deployments SET {', '.join(settings)} WHERE id = %(id)s", {**values, "id": deployment})
        transaction.emit("deployment.updated", repo=row.repo, run=row.run, deployment=deployment)
    _report_fall(transaction, row, body, failed)
    return get(transaction, deployment)


@bp.get("/v1/deployments/<int:deployment>")
@callers("orchestrator", "dashboard")
@answers(Deployment)
@transactional
def show(transaction: Transaction, deployment: int):
    return get(transaction, deployment)


@bp.get("/v1/deployments")
@bp.get("/v1/repos/<int:repo>/deployments")
@callers("orchestrator", "dashboard")
@answers(Page[Deployment])
@transactional
def index(transaction: Transaction, repo: int | None = None):
    """The newest first. Filters: `repo run state environment digest`; sorted by `id created live_since`."""
    filters = Filters()
    for name in ("repo", "run"):
        filters.numbers(f"deployments.{name}", name)
    for name in ("state", "environment", "digest"):
        filters.equal(f"deployments.{name}", name)
    if repo is not None:
        filters.add("deployments.repo = %s", repo)
    return paged(transaction, DEPLOYMENT, FROM, filters, sorting(SORTS, "-id"), counted="deployments")


def get(transaction: Transaction, deployment: int) -> Deployment:
    """Raises NotFound."""
    row = transaction.one(f"SELECT {DEPLOYMENT} FROM {FROM} WHERE deployments.id = %s", (deployment,))
    if row is None:
        raise NotFound(f"deployment {deployment} is unknown")
    return Deployment.model_validate(row)


def _insert(transaction: Transaction, new: NewDeployment) -> int:
    return transaction.value(
        "INSERT INTO deployments (repo, run, environment, digest, repository, commit, actor) VALUES "
        "(%(repo)s, %(run)s, %(environment)s, %(digest)s, %(repository)s, %(commit)s, %(actor)s) RETURNING id",
        new.model_dump())


def _report_fall(transaction: Transaction, before: Deployment, body: DeploymentChange, failed: bool) -> None:
    """What was live fell. While the run is under way, its end is what is reported."""
    state = "failed" if failed else body.state
    if before.state != "live" or state not in ("failed", "stopped") or before.run_state in UNFINISHED:
        return
    run = runs.get(transaction, before.run)
    reports.add(transaction, run, rules.fell(run, state, body.reason or body.health_reason or ""))


def _replace_live(transaction: Transaction, row: Deployment) -> None:
    for other in transaction.all(
            "UPDATE deployments SET state = 'kept', changed = now(), ended = now(), reason = %s, health = NULL, "
            "health_reason = '', health_since = NULL "
            "WHERE repo = %s AND environment = %s AND state = 'live' AND id <> %s RETURNING id, run",
            (f"replaced by deployment {row.id}", row.repo, row.environment, row.id)):
        transaction.emit("deployment.updated", repo=row.repo, run=other["run"], deployment=other["id"])


def _times(body: DeploymentChange) -> list[str]:
    return _times_of_state(body.state) + _times_of_health(body)


def _times_of_state(state: str | None) -> list[str]:
    if state == "live":
        return ["live_since = CASE WHEN state = 'live' THEN live_since ELSE now() END", "ended = NULL"]
    if state in ("kept", "stopped", "failed", "removed"):
        return ["ended = coalesce(ended, now())"]
    return []


def _times_of_health(body: DeploymentChange) -> list[str]:
    """Health is of what is live: it starts anew with that state, and its time is that of its last change."""
    if body.health:
        return ["health_since = CASE WHEN health IS NOT DISTINCT FROM %(health)s THEN health_since ELSE now() END"]
    return ["health = NULL", "health_reason = ''", "health_since = NULL"] if body.state else []
