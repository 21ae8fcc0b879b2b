"""Runs: start, see, cancel, retry."""

from __future__ import annotations

from flask import g

from common.wire.errors import NotFound
from common.wire.stages import FAILED

from ..auth.actor import current
from ..auth.rights import right_on
from ..clients import db, orchestrator
from . import shapes
from .answers import Accepted, Page, Run, RunDetail
from .audit import audit, repo_name
from .endpoint import endpoint
from .inputs import AllRunsQuery, RunQuery, RunRequest
from .quotas import most_waiting

TAG = "Runs"


@endpoint("POST", "/repos/<id:repo>/runs", right="write", status=201, tag=TAG,
          also={200: "the same run waits or runs already: this is it", 404: "no such branch, tag or commit",
                409: "this kind needs an earlier result that there is not",
                429: "as many of your runs wait as may"})
def start_run(repo: int, body: RunRequest) -> Run:
    """Start a run: all stages (`full`), or one alone on the newest fitting result of the stage before it."""
    wanted = {"repo": repo, "kind": body.kind, "ref": body.ref, "commit": body.commit,
              "event": "manual" if current().by_cookie else "api", "actor": current().login,
              "most_waiting": most_waiting(current())}
    response = orchestrator.send("POST", "/v1/runs", timeout=30,
                                 json={key: value for key, value in wanted.items() if value is not None})
    run = Run.model_validate(response.json())
    if response.status_code == 201:
        audit("run.start", f"{repo_name()} run {run.id}", f"{body.kind} on {run.ref or body.ref or ''}")
    return run, response.status_code


@endpoint("GET", "/repos/<id:repo>/runs", right="read", tag=TAG)
def list_runs(repo: int, query: RunQuery) -> Page[Run]:
    """Runs of a repository, newest first. `state=waiting` is pending and running, `failed` failure and error."""
    named = {"waiting": {"state": None, "active": True}, "failed": {"state": FAILED}}.get(query.state, {})
    return shapes.page(db.runs.page_with_stages(**query.filters() | {"repo": repo} | named), Run)


@endpoint("GET", "/runs", right="account", tag=TAG, also={404: "no such repository, or none was named"})
def list_all_runs(query: AllRunsQuery) -> Page[Run]:
    """Runs of all repositories (owners), or of the one that you name."""
    if query.repo is None and not current().owner:
        raise NotFound("name a repository: ?repo=ID")
    if query.repo is not None and right_on(current(), db.repos.get(query.repo)) is None:
        raise NotFound("there is no such repository, or it is not yours to see")
    return shapes.page(db.runs.page(**query.filters()), Run)


@endpoint("GET", "/runs/<id:run>", right="read", tag=TAG)
def get_run() -> RunDetail:
    """A run with its jobs: one for each stage and attempt."""
    return shapes.answer(RunDetail, g.run)


@endpoint("POST", "/runs/<id:run>/cancel", right="write", status=202, tag=TAG, also={409: "the run is over"})
def cancel_run(run: int) -> Accepted:
    """Ask a run to end; it does within 10 s."""
    orchestrator.post(f"/v1/runs/{run}/cancel", {"actor": current().login})
    audit("run.cancel", f"{repo_name()} run {run}")
    return Accepted(detail=f"run {run} is being canceled")


@endpoint("POST", "/runs/<id:run>/retry", right="write", status=202, tag=TAG,
          also={409: "the run is not over, or there is nothing to try again"})
def retry_run(run: int) -> Accepted:
    """Try again from the stage that failed; image and scan are reused."""
    orchestrator.post(f"/v1/runs/{run}/retry", {"actor": current().login})
    audit("run.retry", f"{repo_name()} run {run}")
    return Accepted(detail=f"run {run} tries again from where it failed")
