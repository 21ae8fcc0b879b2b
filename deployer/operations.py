"""What people and the orchestrator do with deployments beside the stages: list, remove, stop, sweep."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from common.wire.errors import Conflict, NotFound
from common.worker.joblog import now_ms

from . import last_words, names
from .containers import Containers, Owned
from .engine import Engine
from .engine_answers import Inspected
from .images import Images
from .liveness import Liveness
from .records import Records
from .revival import Revival

log = logging.getLogger(__name__)

YOUNG = 20             # seconds
IMAGES_EVERY = 600     # seconds
IMAGES_KEPT = 3600     # seconds that an image that nothing runs stays, for retries

@dataclass
class Operations:
    engine: Engine
    records: Records
    containers: Containers
    images: Images
    switched: Callable[[], None]
    liveness: Liveness
    revival: Revival
    _images_at: float = 0.0

    def list(self) -> list[dict]:
        """Every container of an app; see docs/contracts.md."""
        records = self.records.all()
        notes = {number: note for record in records for number, note in record.notes.items()}
        crashed = {record.crashed for record in records}
        found = [owned for owned in self.containers.all() if owned.id not in self.revival.under_way]
        recorded_last = sorted(found, key=lambda owned: owned.role != "candidate")
        return [view for owned in recorded_last if (view := self._view(owned, notes, owned.deployment in crashed))]

    def _view(self, owned: Owned, notes: dict[int, str], crashed: bool) -> dict | None:
        found = self.engine.inspect(owned.id)
        if found is None:
            return None
        state = found["State"]
        health = self.liveness.observe(found) if owned.role == "live" else None
        return {"deployment": owned.deployment, "repo": owned.repo, "run": owned.run, "container": owned.id,
                "name": owned.name, "state": state["Status"], "role": owned.role, "exit_code": state["ExitCode"],
                "oom": state["OOMKilled"], "restarts": found["RestartCount"], "live": owned.role == "live",
                "app": owned.app, "commit": owned.labels.get(names.COMMIT), "digest": owned.labels.get(names.DIGEST),
                "started": state["StartedAt"], "ended": None if state["Running"] else state["FinishedAt"],
                "note": notes.get(owned.deployment), "health": health and health.state,
                "health_reason": health and health.reason, "crashed": crashed,
                "interrupted": owned.role == "candidate" and self.engine.interrupted(found),
                "death": self._death(owned, found), "made_as": int(owned.labels[names.DEPLOYMENT])}

    def _death(self, owned: Owned, found: Inspected) -> str | None:
        """Why a candidate is over, for the stage that finds nobody there; None for every other container."""
        if owned.role != "candidate" or found["State"]["Status"] not in ("exited", "dead"):
            return None
        return str(last_words.death(self.engine, found, "before its tests were over"))

    def remove(self, deployment: int) -> None:
        """Repeatable; raises Conflict for the live one."""
        for owned in [item for item in self.containers.all() if item.deployment == deployment]:
            if owned.role == "live":
                raise Conflict(f"deployment {deployment} is live: stop it, or promote another first", error="live")
            self._remove(owned)

    def _remove(self, owned: Owned) -> None:
        self.engine.remove(owned.id)
        self.records.release(owned.id)
        if owned.app:
            with self.records.changing(owned.app) as record:
                record.forget(owned.id)

    def stop(self, deployment: int) -> None:
        """Take a live app off: no route, then it leaves like any other. Repeatable; raises NotFound, Conflict."""
        try:
            owned = self.containers.of_deployment(deployment)
        except NotFound:
            raise NotFound(f"deployment {deployment} has no container here: nothing to stop") from None
        if owned.role == "candidate":
            raise Conflict(f"deployment {deployment} takes no traffic: remove it instead", error="not_live")
        if owned.role != "live":
            return
        with self.records.changing(owned.app) as record:
            if record.live and record.live.container == owned.id:
                self.records.switch(record.app, None)
                record.live.leave_at = now_ms() + round(record.live.drain * 1000)
                record.leaving.insert(0, record.live)
                record.live = None
        self.switched()

    def sweep(self, active: set[int]) -> list[str]:
        """Remove candidates and one-off containers of runs that nobody owns; names of what went.

        The youngest are left: their run may have begun after the caller made its list.
        """
        lost = [item for item in self.containers.all()
                if item.role == "candidate" and item.run not in active and _settled(item.created)
                and item.id not in self.revival.under_way]
        for owned in lost:
            self._remove(owned)
        one_offs = [item for item in self.engine.containers(names.ONE_OFF)
                    if int(item["Labels"].get(names.RUN, 0)) not in active and _settled(item["Created"])]
        for listed in one_offs:
            self.engine.remove(listed["Id"])
        if time.monotonic() - self._images_at > IMAGES_EVERY:
            self._images_at = time.monotonic()
            log.info("removed %d images that nothing runs", len(self.images.sweep(IMAGES_KEPT)))
        return [owned.name for owned in lost] + [item["Names"][0].lstrip("/") for item in one_offs]


def _settled(created: float) -> bool:
    return time.time() - created > YOUNG
