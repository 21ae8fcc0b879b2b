"""Every 30 s: what nobody owns is ended. Jobs on workers whose run is over or went on without them, and deployer's
candidates and one-off containers of runs that are over. Deployer gets the disk limits with it. (A run whose owner died is claimed anew by itself.)
"""

from __future__ import annotations

import logging
import time
from typing import Any

from common.api.client import Dbproxy
from common.service.client import ServiceClient
from common.service.loop import Loop
from common.wire.errors import NotFound, Problem, ServiceDown
from common.wire.stages import TERMINAL, WORKERS

from .workers import WorkerClient

log = logging.getLogger(__name__)

EVERY = 30           # seconds


class Sweep:
    """`last` tells of the latest turn."""

    def __init__(self, db: Dbproxy, workers: WorkerClient, deployer: ServiceClient):
        self._db, self._workers, self._deployer = db, workers, deployer
        self.loop = Loop("sweep", self.turn, pause=EVERY, first=EVERY, meanwhile="what nobody owns runs on")
        self.last: dict[str, Any] = {"at": None, "jobs": [], "containers": [], "problems": []}

    def turn(self) -> None:
        problems: list[str] = []
        ended = [job for worker in sorted(WORKERS) for job in self._jobs_of(worker, problems)]
        containers = self._containers(problems)
        for problem in problems:
            log.warning("sweep: %s", problem)
        self.last = {"at": round(time.time() * 1000), "jobs": ended, "containers": containers, "problems": problems}

    def _jobs_of(self, worker: str, problems: list[str]) -> list[str]:
        """Ids of the jobs that were ended."""
        ended = []
        try:
            for instance in self._workers.instances(worker):
                for job in instance.get("/v1/jobs", timeout=5, patience=0)["jobs"]:
                    if self._unowned(job):          # asked after the list, so a job that is just begun has its row
                        instance.delete(f"/v1/jobs/{job}", timeout=5, patience=0)
                        ended.append(job)
        except (Problem, ServiceDown) as problem:
            problems.append(str(problem))
        return ended

    def _unowned(self, job: str) -> bool:
        number, stage, attempt = job.split(".")
        try:
            run = self._db.runs.get(int(number))
        except NotFound:
            return True
        row = next((row for row in run.jobs if (row.stage, row.attempt) == (stage, int(attempt))), None)
        return run.state in TERMINAL or row is None or row.state in TERMINAL

    def _containers(self, problems: list[str]) -> list[str]:
        try:
            active = [run.id for run in self._db.runs.all(active=True, sort="id")]
            disk = self._db.limits.disk().model_dump()
            return self._deployer.post("/v1/sweep", {"runs": active, "disk": disk}, patience=0)["removed"]
        except (Problem, ServiceDown) as problem:
            problems.append(str(problem))
            return []

