"""What `GET /v1/status` tells: the workers' instances and jobs, the runs that this conductor holds, the last sweep."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from common.wire.errors import Problem, ServiceDown
from common.wire.stages import WORKERS

from ..runs.claimer import RunClaimer
from ..runs.sweep import Sweep
from ..runs.workers import WorkerClient


class Status:
    def __init__(self, workers: WorkerClient, claimer: RunClaimer, sweep: Sweep):
        self._workers, self._claimer, self._sweep = workers, claimer, sweep
        self._askers = ThreadPoolExecutor(len(WORKERS), "status")      # kept: a thread has its own connections

    def now(self) -> dict:
        """All workers are asked at once: the slowest alone is waited for."""
        return {"owner": self._claimer.owner,
                "workers": dict(zip(WORKERS, self._askers.map(self._instances, WORKERS))),
                "leases": [{"run": lease.run, "fence": lease.fence, "canceled": lease.canceled}
                           for lease in self._claimer.held()],
                "sweep": self._sweep.last}

    def _instances(self, worker: str) -> list[dict]:
        try:
            return [self._instance(instance) for instance in self._workers.instances(worker)]
        except ServiceDown as down:
            return [{"url": None, "ok": False, "detail": str(down), "jobs": []}]

    def _instance(self, instance) -> dict:
        try:
            jobs = instance.get("/v1/jobs", timeout=2, patience=0)["jobs"]
            return {"url": instance.url, "ok": True, "detail": "", "jobs": jobs}
        except (Problem, ServiceDown) as problem:
            return {"url": instance.url, "ok": False, "detail": str(problem), "jobs": []}
