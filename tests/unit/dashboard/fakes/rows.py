"""What dbproxy answers of what a test put into the world: whole rows, through the models of the real one."""

from __future__ import annotations

from typing import Any

from flask import jsonify, request

from common.api.base import Row
from common.api.deployments import Deployment
from common.api.forges import Delivery, DeliveryWithPayload, PullRequest, PullRun
from common.api.people import Account, AuditEntry, Invitation, MadeSession, SessionOfAccount, SessionWithAccount, Token
from common.api.repos import LastRun, LiveDeployment, Repo, Secret
from common.api.results import Finding
from common.api.runs import Job, Run, RunWithJobs, RunWithStages, StageJob

NOW = "2026-11-22T21:00:00.000Z"
_JOB = {"attempt": 1, "reason": "", "worker": None, "inputs": None, "outputs": {}, "steps": [], "progress": None, "lines": None,
        "created": NOW, "started": None, "ended": None, "id": "0.build.1"}
_RUN = {"forge": "local", "repo_path": "acme/shop", "app": "shop", "key": None, "inputs": {}, "config": None, "outputs": {},
        "canceled_by": None, "retries": 0, "owner": None, "fence": 1, "lease_until": None, "message": "", "author": ""}
_LIVE = {"digest": f"sha256:{'0' * 64}", "commit": "3f2a1c", "url": None, "container": None, "live_since": None,
         "environment": "production", "health": None, "health_reason": "", "health_since": None}
_DEPLOYMENT = _LIVE | {
    "run": 1,     "repository": "acme/shop", "actor": "ann", "reason": "", "host": None, "port": None, "created": NOW, "changed": NOW,
    "ended": None, "run_kind": "full", "run_state": "success", "ref": "main", "message": "", "author": "", "forge": "local",
    "repo_path": "acme/shop", "app": "shop", "findings": None}
_SESSION = {"device": "Firefox on Linux", "ip": "127.0.0.1", "created": NOW, "seen": NOW}
_DELIVERY = {"forge": "github", "action": None, "repo": None, "repo_path": None, "outcome": "", "run": None, "attempts": 0,
             "ended": None, "received": NOW}
# What a row of the kind has where the test did not say.
USUAL: dict[type[Row], dict[str, Any]] = {
    Run: _RUN, RunWithJobs: _RUN, RunWithStages: _RUN, LastRun: _RUN, Job: _JOB, StageJob: _JOB, LiveDeployment: _LIVE,
    Deployment: _DEPLOYMENT, Delivery: _DELIVERY, DeliveryWithPayload: _DELIVERY | {"payload": {}},
    Repo: {"external_id": None, "last_heads": {}, "url": "", "description": "", "default_branch": "main", "created": NOW,
           "settings": {}, "app": "app"},
    Account: {"external_id": None, "avatar_url": None, "deleted": None, "has_password": True, "forge_scopes": None},
    SessionWithAccount: _SESSION, SessionOfAccount: _SESSION, MadeSession: _SESSION, Secret: {"set_by": "ada", "set_at": NOW},
    Token: {"ends": None, "created": NOW, "used": None}, Invitation: {"login": None},
    AuditEntry: {"actor": "", "object": "", "detail": None, "ip": None},
    PullRequest: {"author_id": "0", "head_ref": "topic", "head_repo_id": None, "base_ref": "main", "comment": None,
                  "created": NOW, "changed": NOW, "approvals": [], "run": None},
    PullRun: {"commit": "", "reason": "", "created": NOW, "ended": None},
    Finding: {"version": "", "type": "", "fixed_in": None, "state_of_fix": None, "path": None, "url": None, "description": None,
              "risk": None, "epss": None, "known_exploited": False, "waived": False, "waiver_reason": None, "change": None}}


def row(model: type[Row], values: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON of a row of `model`; raises ValidationError for what the real dbproxy could not answer."""
    said = {name: value for name, value in values.items() if value is not None}
    return model.model_validate(values | USUAL.get(model, {}) | said).model_dump(mode="json", exclude_unset=True)


def repo(values: dict[str, Any]) -> dict[str, Any]:
    """Settings and state are in one column, as in the real one."""
    last, live = values.get("last_run"), values.get("live")
    return row(Repo, values | {"path": f"{values['owner']}/{values['name']}", "state": values.get("settings", {}),
                               "last_run": last and row(LastRun, last), "live": live and row(LiveDeployment, live)})


def run(values: dict[str, Any], model: type[Run] = RunWithJobs) -> dict[str, Any]:
    jobs = [row(Job, {"run": values["id"], **job}) for job in values["jobs"]]
    return row(model, values | {"jobs": jobs})


def listed(items: list[dict[str, Any]]):
    """A page of a list."""
    page, per_page = int(request.args.get("page", 1)), int(request.args.get("per_page", 30))
    return jsonify(items=items[(page - 1) * per_page:page * per_page], total=len(items), page=page, per_page=per_page)
