"""What serves, what served, and the way back."""

from __future__ import annotations

import json
from collections.abc import Iterator

from flask import Response, g

from common.service.client import ServiceClient
from common.wire.errors import NotFound

from .. import live
from ..auth.actor import current
from ..clients import db, deployer, orchestrator
from ..live import sse
from . import shapes
from .answers import Accepted, Deployment, Page, Run, Usage
from .audit import audit, repo_name
from .endpoint import endpoint
from .inputs import DeploymentQuery, RollbackRequest, RuntimeQuery

TAG = "Deployments"
TAIL = 500       # lines that a new viewer of a runtime log sees at once


@endpoint("GET", "/repos/<id:repo>/deployments", right="read", tag=TAG)
def list_deployments(repo: int, query: DeploymentQuery) -> Page[Deployment]:
    """Newest first: the live one, those kept for rollback, and why the others ended."""
    return shapes.page(db.deployments.page(repo=repo, **query.filters()), Deployment)


def newest(repo: int, state: str, digest: str | None = None) -> Deployment | None:
    """In that state, of that image where one is named; however many newer ones there are in other states."""
    found = list_deployments(repo, DeploymentQuery(state=state, digest=digest, per_page=1)).items
    return found[0] if found else None


@endpoint("GET", "/deployments/<id:deployment>", right="read", tag=TAG)
def get_deployment() -> Deployment:
    """The record of one image put in one environment."""
    return shapes.answer(Deployment, g.deployment)


@endpoint("POST", "/repos/<id:repo>/rollback", right="write", status=201, tag=TAG,
          also={404: "nothing is kept to go back to", 409: "that image cannot be gone back to"})
def rollback(repo: int, body: RollbackRequest) -> Run:
    """Put an older image live again, by a run of kind `rollback`."""
    run = Run.model_validate(orchestrator.post(f"/v1/repos/{repo}/rollback", timeout=30, json={
        **body.model_dump(exclude_none=True), "actor": current().login}))
    audit("rollback", f"{repo_name()} run {run.id}", body.digest or "to the newest kept deployment")
    return run


@endpoint("POST", "/deployments/<id:deployment>/stop", right="admin", status=202, tag=TAG)
def stop_deployment(deployment: int) -> Accepted:
    """Take an app off: its route goes, its requests end, its container stops and is kept."""
    orchestrator.post(f"/v1/deployments/{deployment}/stop", {"actor": current().login}, timeout=30)
    audit("deployment.stop", f"{repo_name()} deployment {deployment}")
    return Accepted(detail=f"deployment {deployment} is being stopped")


@endpoint("GET", "/deployments/<id:deployment>/usage", right="read", tag=TAG)
def deployment_usage(deployment: int) -> Usage:
    """CPU (share of one core), memory in bytes, and the last 60 samples of both."""
    return Usage.model_validate(deployer.get(f"/v1/deployments/{deployment}/usage"))


@endpoint("GET", "/deployments/<id:deployment>/stream", right="read", tag=TAG, media="text/event-stream")
def stream_runtime_log(deployment: int, query: RuntimeQuery) -> Response:
    """What the container prints, as server-sent events.

    `lines` as in a job's log, `id:` the last line's time in nanoseconds since 1970 (resume with `after` or
    `Last-Event-ID`); `end` once the container is gone.
    """
    after = sse.last_seen(query.after) or 0
    lines = _runtime_lines(deployer._get_current_object(), deployment, g.deployment.state, after)
    return sse.respond(lines, live.streams())


def last_lines(deployment: int) -> list[list]:
    """What the container printed last, as a stream's lines: [number from 1, ms since 1970, 0, text, False]. Raises
    NotFound where it is gone."""
    try:
        answer = deployer.send("GET", f"/v1/deployments/{deployment}/logs", params={"tail": TAIL})
    except NotFound:
        raise NotFound("its container is gone") from None
    items = [json.loads(line) for line in answer.text.splitlines() if line]
    return [[number, item["at"], 0, item["line"], False] for number, item in enumerate(items, 1)]


def _runtime_lines(source: ServiceClient, deployment: int, state: str, after: int) -> Iterator[bytes]:
    """`after`: ns since 1970. Blank lines from the deployer are its heartbeats, and become ours."""
    wanted = {"follow": "true", **({"after": after} if after else {"tail": TAIL})}
    yield sse.RETRY
    try:
        upstream = source.send("GET", f"/v1/deployments/{deployment}/logs", params=wanted, stream=True,
                               timeout=24 * 3600)
    except NotFound:
        yield sse.event("end", {"state": state, "reason": "its container is gone", "last": 0})
        return
    with upstream:
        number = 0
        for raw in upstream.iter_lines(chunk_size=None):
            if not raw:
                yield sse.PING
                continue
            number, item = number + 1, json.loads(raw)
            yield sse.event("lines", {"lines": [[number, item["at"], 0, item["line"], False]]}, item["stamp"])
    yield sse.event("end", {"state": state, "reason": "the container ended", "last": 0})

