"""The REST API, for the dashboard; docs/contracts.md lists it."""

from __future__ import annotations

from dataclasses import asdict

from flask import Flask, jsonify, request
from pydantic import BaseModel, Field

from common.api.client import Dbproxy
from common.api.runs import Run
from common.service.client import ServiceClient
from common.service.web import body_as
from common.wire.contracts import Digest
from common.wire.errors import Conflict

from ..credentials.registry_rights import Images
from ..runs.disk import Disks
from ..runs.launch import Launcher, RunRequest
from .status import Status


class ByActor(BaseModel):
    actor: str = Field(min_length=1, max_length=200)


class Rollback(ByActor):
    digest: Digest | None = None


def add_run_routes(app: Flask, launcher: Launcher, status: Status) -> None:
    @app.post("/v1/runs")
    @body_as(RunRequest)
    def start(body: RunRequest):
        """201 the run, 200 its double. `ref` is resolved by the forge, so an unknown one is a 404 at once; 409 with the reason
        where a kind has no fitting earlier result."""
        return _made(*launcher.launch(body))

    @app.post("/v1/runs/<int:run>/cancel")
    @body_as(ByActor)
    def cancel(run: int, body: ByActor):
        """202."""
        return jsonify(launcher.cancel(run, body.actor).model_dump(mode="json")), 202

    @app.post("/v1/runs/<int:run>/retry")
    @body_as(ByActor)
    def retry(run: int, body: ByActor):
        """202."""
        return jsonify(launcher.retry(run, body.actor).model_dump(mode="json")), 202

    @app.get("/v1/repos/<int:repo>/kinds")
    def kinds(repo: int):
        """`{kind: null, or why it cannot run}` for `?ref=`, or the default branch."""
        return jsonify(launcher.kinds(repo, request.args.get("ref")))

    @app.get("/v1/status")
    def tell_status():
        """Workers with their instances and jobs, the runs that are held here, the last sweep."""
        return jsonify(status.now())


IMAGES_AT_ONCE = 100      # asked of builder in one call


def add_deployment_routes(app: Flask, db: Dbproxy, deployer: ServiceClient, images: Images,
                          launcher: Launcher) -> None:
    @app.post("/v1/repos/<int:repo>/rollback")
    @body_as(Rollback)
    def roll_back(repo: int, body: Rollback):
        """201 a run of the kind `rollback`; without a digest to the newest deployment that was kept."""
        return _made(*launcher.roll_back(repo, body.digest, body.actor))

    @app.get("/v1/repos/<int:repo>/disk")
    def disk(repo: int):
        """`{volumes, containers, images}` in bytes."""
        return jsonify(asdict(Disks(db, deployer, images).of(repo)))

    @app.post("/v1/deployments/<int:deployment>/stop")
    @body_as(ByActor)
    def stop(deployment: int, body: ByActor):
        """202; 409 for one that is not live."""
        row = db.deployments.get(deployment)
        if row.state not in {"live", "stopped"}:
            raise Conflict(f"deployment {deployment} is {row.state}: only a live one can be stopped")
        if row.state == "live":
            deployer.post(f"/v1/deployments/{deployment}/stop")
            row = db.deployments.change(deployment, state="stopped", reason=f"stopped by {body.actor}")
        return jsonify(row.model_dump(mode="json")), 202

    _add_removal(app, db, deployer, images)


def _add_removal(app: Flask, db: Dbproxy, deployer: ServiceClient, images: Images) -> None:
    @app.delete("/v1/repos/<int:repo>")
    @body_as(ByActor)
    def remove(repo: int, body: ByActor):
        """204: what runs goes by deployer, the images by builder, then the rows by dbproxy; 409 `active` while a run is not over.

        What runs and what was pushed goes before its rows: who asks again after a failure finds it by them.
        """
        active = db.runs.page(repo=repo, active=True, per_page=1).items
        if active:
            raise Conflict(f"run {active[0].id} is not over: cancel it first", error="active")
        pushed = db.repos.images(repo)
        deployer.delete(f"/v1/repos/{repo}", timeout=120)
        for first in range(0, len(pushed), IMAGES_AT_ONCE):
            images.remove(pushed[first:first + IMAGES_AT_ONCE], timeout=60)
        db.repos.remove(repo, body.actor)
        return "", 204


def _made(run: Run, new: bool):
    return jsonify(run.model_dump(mode="json")), 201 if new else 200
