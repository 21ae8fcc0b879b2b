"""Puts the parts together and gives them their routes."""

from __future__ import annotations

from collections.abc import Callable

import requests
from docker.errors import DockerException
from flask import Flask, Response, g, jsonify, request
from pydantic import BaseModel

from common.service.web import body_as
from common.wire.contracts import inputs_of
from common.wire.errors import BadRequest, Forbidden, Unavailable
from common.wire.stages import of_worker
from common.worker.app import LONGEST_WAIT, create_worker
from common.worker.jobs import Stage
from common.worker.registry_access import RegistryAccess

from .caddy_admin import CaddyAdmin
from .changes import Changes
from .commands import CommandRequest, Commands
from .containers import Containers
from .deploy import Deploy
from .disk import Disk, DiskLimits
from .engine import Engine, speaking
from .facts import Facts
from .images import Images
from .leaving import Leaving
from .liveness import Liveness
from .logs import Logs
from .networks import Networks
from .operations import Operations
from .promote import Promote
from .records import Records
from .removal import Removal
from .revival import Revival
from .secret_values import Masking
from .settings import DeployerSettings
from .usage import Usage
from .watch import Watch

NDJSON = "application/x-ndjson"
CALLERS = {"orchestrator", "tester", "dashboard"}
READERS = {"dashboard"}          # may only GET
COMMANDERS = {"tester"}          # may only GET, run commands, and have texts masked


class Parts:
    """Everything the deployer is made of, from its settings."""

    def __init__(self, settings: DeployerSettings, read_token: Callable[[str], str] | None = None):
        """`read_token`: gives the registry's token to pull the images of a name; None: asks orchestrator."""
        access = RegistryAccess("deployer", settings.service_key.get_secret_value())
        instance, seal_key = settings.continuum_instance, settings.deployer_seal_key.get_secret_value()
        self.changes = Changes()
        self.engine = Engine(settings.docker_host, instance, settings.probe_image)
        self.records = Records(settings.routes_dir)
        self.caddy = CaddyAdmin(settings.caddy_admin)
        self.images = Images(self.engine, settings.registry_from_engine,
                             read_token or (lambda name: access.token(name, "pull")))
        self.networks = Networks(self.engine, settings.apps_subnet_pool, settings.apps_block_link_local)
        self.containers = Containers(self.engine, self.records)
        self.leaving = Leaving(self.engine, self.images, self.records, self.caddy, self.changes.touch)
        self.revival = Revival(self.engine, self.networks, self.records)
        self.disk = Disk(self.engine, self.changes.touch)
        self.watch = Watch(self.engine, self.networks, self.records, self.revival, self.switched, self.disk.full)
        self.liveness = Liveness(self.engine, self.records, self.revival, self.changes.touch, self.disk.full)
        self.usage = Usage(self.engine, self.records, self.containers)
        self.masking = Masking(self.engine, self.containers)
        self.logs = Logs(self.engine, self.containers)
        self.operations = Operations(self.engine, self.records, self.containers, self.images, self.switched,
                                     self.liveness, self.revival)
        self.removal = Removal(self.engine, self.records, self.images, self.networks, self.switched)
        self.commands = Commands(self.engine, self.images, self.networks, self.containers, seal_key,
                                 settings.command_report_mb * 1024**2)
        self.deploy = Deploy(self.engine, self.images, self.networks, self.records, self.containers, seal_key,
                             self.disk.full, settings.apps_public_url)
        self.promote = Promote(self.engine, self.records, settings.apps_public_url, self.switched)

    def switched(self) -> None:
        self.leaving.loop.wake()
        self.changes.touch()

    def engine_check(self) -> tuple[bool, str]:
        """For /readyz."""
        try:
            with speaking():
                self.engine.api.ping()
        except (Unavailable, DockerException, requests.RequestException) as problem:
            return False, str(problem)
        return True, "ok"

    def caddy_check(self) -> tuple[bool, str]:
        """Caddy away degrades: routes are files, and it finds them when it is back."""
        good, detail = self.caddy.check()
        return True, "ok" if good else f"degraded, {detail}"


class SweepRequest(BaseModel):
    runs: list[int]
    disk: DiskLimits | None = None


class MaskRequest(BaseModel):
    texts: list[str]


def create_app(settings: DeployerSettings) -> Flask:
    parts = Parts(settings)
    stages = {name: Stage(getattr(parts, name), inputs_of(name)) for name in of_worker("deployer")}
    app = create_worker("deployer", stages, settings, callers=CALLERS,
                        checks={"engine": parts.engine_check, "caddy": parts.caddy_check})
    app.parts = parts
    app.background += [part.loop.start for part in (parts.watch, parts.liveness, parts.leaving, parts.usage, parts.disk)]
    _guard(app)
    _answer_engine_down(app)
    _add_deployments(app, parts)
    _add_repos(app, parts)
    _add_output(app, parts)
    _add_commands(app, parts)
    _add_engine(app, parts)
    return app


def _guard(app: Flask) -> None:
    """The dashboard reads; the tester runs commands; jobs and everything else are the orchestrator's."""
    @app.before_request
    def check_right():
        caller = getattr(g, "caller", "orchestrator")        # no caller: an open path
        command = request.path.startswith("/v1/commands/") or request.endpoint == "mask_texts"
        allowed = request.method == "GET" or (caller in COMMANDERS and command)
        if caller in READERS | COMMANDERS and not allowed:
            raise Forbidden(f"{caller} may not {request.method} {request.path}")


def _answer_engine_down(app: Flask) -> None:
    @app.errorhandler(requests.ConnectionError)
    @app.errorhandler(requests.Timeout)
    def down(problem: Exception):
        return jsonify(error="unavailable", detail=f"the Docker Engine does not answer ({type(problem).__name__})"), 503


def _number(name: str, default, kind):
    try:
        return kind(request.args.get(name, default))
    except (TypeError, ValueError):
        raise BadRequest(f"{name} must be a number") from None


def _add_deployments(app: Flask, parts: Parts) -> None:
    @app.get("/v1/deployments")
    def list_deployments():
        """Every container of an app; `?wait=&seen=` waits for a change of `version`. `health`: of the live one; `crashed`: while
        watched, with no container to go back to by itself; `made_as`: the run that made it."""
        seen, wait = _number("seen", 0, int), min(_number("wait", 0, float), LONGEST_WAIT)
        version = parts.changes.wait(seen, wait)
        return jsonify(version=version, deployments=parts.operations.list())

    @app.delete("/v1/deployments/<int:deployment>")
    def remove_deployment(deployment: int):
        """Of a candidate or a kept one, whose last lines were stored before; 204, repeatable."""
        parts.operations.remove(deployment)
        parts.changes.touch()
        return "", 204

    @app.post("/v1/deployments/<int:deployment>/stop")
    def stop_deployment(deployment: int):
        """Takes a live app off: route, drain, stop; 202."""
        parts.operations.stop(deployment)
        return jsonify(deployment=deployment), 202

    @app.post("/v1/sweep")
    @body_as(SweepRequest)
    def sweep(body: SweepRequest):
        """Takes the disk limits, and removes what belongs to runs that are not named."""
        if body.disk:
            parts.disk.limit(body.disk)
        own = {job.key.run for job in app.jobs.running()}
        removed = parts.operations.sweep(set(body.runs) | own)
        return jsonify(removed=removed)


def _add_repos(app: Flask, parts: Parts) -> None:
    @app.get("/v1/repos/<int:repo>/disk")
    def read_disk(repo: int):
        """Bytes, as of the latest look."""
        used = parts.disk.used(repo)
        return jsonify(volumes=used.volumes, containers=used.containers)

    @app.delete("/v1/repos/<int:repo>")
    def remove_repo(repo: int):
        """The repository's route, containers, network and volumes; 204, repeatable."""
        parts.removal.of_repo(repo)
        return "", 204


def _add_output(app: Flask, parts: Parts) -> None:
    """What a deployment writes and uses."""
    @app.get("/v1/deployments/<int:deployment>/logs")
    def read_logs(deployment: int):
        """ndjson `{at, stamp, line}`, ms and ns since 1970: all after `?after=`, else the last `?tail=`; `?follow=` goes on."""
        follow = request.args.get("follow", "").lower() in ("1", "true", "yes")
        return Response(parts.logs.read(deployment, _number("tail", 200, int), _number("after", 0, int), follow),
                        content_type=NDJSON)

    @app.post("/v1/deployments/<int:deployment>/mask")
    @body_as(MaskRequest)
    def mask_texts(deployment: int, body: MaskRequest):
        """The texts without the deployment's secrets; 404 where it has no container."""
        return jsonify(texts=parts.masking.texts(deployment, body.texts))

    @app.get("/v1/deployments/<int:deployment>/usage")
    def read_usage(deployment: int):
        """`{cpu, memory, memory_limit, samples}` of the last minute."""
        return jsonify(parts.usage.of(deployment))


def _add_commands(app: Flask, parts: Parts) -> None:
    @app.put("/v1/commands/<command>")
    @body_as(CommandRequest)
    def run_command(command: str, body: CommandRequest):
        """ndjson from a one-off container of the image in the repo's network: `{line}`, `{now}` for a line that is rewritten, then
        `{exit, reason?, reports}`, all masked."""
        return Response(parts.commands.run(command, body), content_type=NDJSON)

    @app.delete("/v1/commands/<command>")
    def stop_command(command: str):
        """204, repeatable."""
        parts.commands.stop(command)
        return "", 204


def _add_engine(app: Flask, parts: Parts) -> None:
    facts = Facts(parts.engine)

    @app.get("/v1/engine")
    def engine():
        """Version, disk, containers."""
        return jsonify(facts.now())
