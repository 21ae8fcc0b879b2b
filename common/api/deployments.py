"""Rows of deployments."""

from __future__ import annotations

from .base import Moment, Row


class Deployment(Row):
    id: int
    repo: int
    run: int
    environment: str
    digest: str
    repository: str                         # the image's, without the registry's host
    commit: str
    actor: str
    state: str
    reason: str
    container: str | None
    host: str | None
    port: int | None
    url: str | None
    created: Moment
    changed: Moment
    live_since: Moment | None
    ended: Moment | None
    health: str | None                      # healthy, down; None until it was looked at
    health_reason: str
    health_since: Moment | None
    run_kind: str
    run_state: str
    ref: str
    message: str
    author: str
    forge: str
    repo_path: str
    app: str
    findings: dict[str, int] | None         # severity -> findings of the image's newest scan
