"""What `GET /v1/status` tells: the workers' instances and jobs, the runs that this conductor holds, the last sweep."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from common.errors import Problem, ServiceDown
from common.stages import WORKERS

from .claims import Claims
from .fleet import Fleet
from .sweep import Sweep


class Status:
    def __init__(self, fleet: Fleet, claims: Claims, sweep: Sweep):
        self._fleet, self._claims, self._sweep = fleet, claims, sweep
        self._askers = ThreadPoolExecutor(len(WORKERS), "status")      # kept: a thread has its own connections

    def now(self) -> dict:
        """All workers are asked at once: the slowest alone is waited for."""
        return {"owner": self._claims.owner,
                "workers": dict(zip(WORKERS, self._askers.map(self._instances, WORKERS))),
                "leases": [{"run": hold.run, "fence": hold.fence, "canceled": hold.canceled}
                           for hold in self._claims.held()],
                "sweep": self._sweep.last}

    def _instances(self, worker: str) -> list[dict]:
        try:
            return [self._instance(instance) for instance in self._fleet.instances(worker)]
        except ServiceDown as down:
            return [{"url": None, "ok": False, "detail": str(down), "jobs": []}]

    def _instance(self, instance) -> dict:
        try:
            jobs = instance.get("/v1/jobs", timeout=2, patience=0)["jobs"]
            return {"url": instance.url, "ok": True, "detail": "", "jobs": jobs}
        except (Problem, ServiceDown) as problem:
            return {"url": instance.url, "ok": False, "detail": str(problem), "jobs": []}
