"""The job API, one for all four workers. A worker file holds the work alone:

    def build(inputs: BuildInputs, log: JobLog, cancel: Cancel) -> dict: ...
    app = create_worker("builder", {"build": Stage(build, BuildInputs)}, settings)

| call | answer |
| PUT /v1/jobs/{id} {fence, inputs} | 201 new, 200 the same again, 409 other inputs or a lower fence |
| GET /v1/jobs/{id}?wait=30&seen=V | when the version passes V or the time is up; 404 unknown |
| DELETE /v1/jobs/{id} | 202, repeatable; before its PUT it leaves a tombstone |
| GET /v1/jobs | ids of the jobs that are not over |

Every answer names the instance (`worker`: a URL) that has the job; later calls go there.
"""

from __future__ import annotations

import socket

from flask import Flask, jsonify, request
from pydantic import BaseModel, Field

from ..service.settings import BusSettings
from ..service.web import body_as, create_service, parse
from .jobs import Job, JobKey, Jobs, Stage
from .publisher import Publisher
from .spool import Spool

LONGEST_WAIT = 30      # seconds


class WorkerSettings(BusSettings):
    worker_slots: int = Field(default=4, ge=1)      # jobs at a time


class JobRequest(BaseModel):
    fence: int = Field(ge=1)
    inputs: dict


def create_worker(name: str, stages: dict[str, Stage], settings: WorkerSettings, *,
                  callers: set[str] | None = None, checks: dict | None = None) -> Flask:
    """The app of a worker; its jobs are at `app.jobs`, the log spool's publisher at `app.publisher`."""
    spool = Spool(settings.spool_path, settings.spool_max_mb * 1024**2)
    publisher = Publisher(settings.rabbitmq_url.get_secret_value(), spool)

    def send(key: str, body: bytes) -> None:
        spool.add(key, body)
        publisher.wake()

    app = create_service(name, settings, callers=callers or {"orchestrator"},
                         checks={"log lines": lambda: _log_health(publisher, spool), **(checks or {})})
    app.jobs, app.publisher = Jobs(stages, settings.worker_slots, send), publisher
    app.background.append(publisher.loop.start)
    app.closing.append(publisher.stop)
    _add_routes(app, stages)
    return app


def _log_health(publisher: Publisher, spool: Spool) -> tuple[bool, str]:
    """A broker that is away degrades, and does not make a worker unready: its lines wait in the spool."""
    state = "ok" if publisher.state == "connected" else f"degraded, {publisher.state}"
    return not spool.full, f"{state}; {spool.bytes} bytes wait in the spool"


def _add_routes(app: Flask, stages: dict[str, Stage]) -> None:
    jobs: Jobs = app.jobs

    @app.put("/v1/jobs/<name>")
    @body_as(JobRequest)
    def put_job(name: str, body: JobRequest):
        """201 new, 200 the same again, 409 other inputs or a lower fence."""
        key = JobKey.parse(name)
        if key.stage in stages:
            parse(stages[key.stage].inputs, body.inputs)
        job, new = jobs.put(key, body.fence, body.inputs)
        return jsonify(_answer(job)), 201 if new else 200

    @app.get("/v1/jobs/<name>")
    def get_job(name: str):
        """When the version passes `?seen=`, or after `?wait=` seconds, at most 30; 404 unknown."""
        job = jobs.get(JobKey.parse(name))
        wait = request.args.get("wait", 0, float)
        if wait > 0:
            job.wait(request.args.get("seen", 0, int), min(wait, LONGEST_WAIT))
        return jsonify(_answer(job))

    @app.delete("/v1/jobs/<name>")
    def delete_job(name: str):
        """202, repeatable; before its PUT it leaves a tombstone."""
        return jsonify(_answer(jobs.delete(JobKey.parse(name)))), 202

    @app.get("/v1/jobs")
    def list_jobs():
        """Those that are not over."""
        return jsonify(jobs=[str(job.key) for job in jobs.running()], worker=own_url())


def own_url() -> str:
    """Where this very instance is reached on the control network."""
    return f"http://{socket.gethostname()}:8000"


def _answer(job: Job) -> dict:
    return job.view(own_url()).model_dump()
