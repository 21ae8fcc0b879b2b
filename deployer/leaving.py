"""Versions that lost the traffic: they finish their requests, are stopped, are kept for rollback, and go.

A thread of every deployer; what it does comes from the records alone, so another one, or the next, goes on with it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from docker.errors import APIError, NotFound

from common.service.loop import Loop
from common.worker.joblog import now_ms

from .caddy_admin import CaddyAdmin
from .engine import Engine, EngineDown, speaking
from .images import Images
from .records import Record, Records, Version

log = logging.getLogger(__name__)

LOOK = 1.0               # seconds between looks while somebody leaves
IDLE_LOOK = 30.0         # seconds between looks otherwise: another deployer may have left work behind
QUIET = 2000             # ms without a request after which a version may go before its drain is over


@dataclass
class Leaving:
    engine: Engine
    images: Images
    records: Records
    caddy: CaddyAdmin
    on_change: Callable[[], None] = lambda: None
    _busy_at: dict[str, int] = field(default_factory=dict)      # container -> ms when it last had a request
    _ending: set[str] = field(default_factory=set)              # containers that a thread of ours is stopping

    def __post_init__(self) -> None:
        self.loop = Loop("leaving", self._round, pause=IDLE_LOOK, retry=LOOK, meanwhile="old versions stay")

    def _round(self) -> float:
        """Look at all apps once; return the seconds until the next look."""
        busy = False
        for record in self.records.all():
            for version in record.leaving:
                busy = True
                if version.container not in self._ending and (version.stopping or self._over(version)):
                    self._ending.add(version.container)
                    threading.Thread(target=self._end, args=(record.app, version), daemon=True,
                                     name=f"stop-{version.deployment}").start()
        return LOOK if busy else IDLE_LOOK

    def _end(self, app: str, version: Version) -> None:
        """A thread of its own: a grace can be long, and others wait to leave too."""
        try:
            with speaking():
                if self._mark(app, version):
                    log.info("%s: stopping deployment %d", app, version.deployment)
                    self._stop(version)
                    with self.records.changing(app) as record:
                        gone = self._keep(record, version)
                    self._remove(gone)
        except (EngineDown, APIError) as problem:
            log.warning("%s, deployment %d: %s; trying again", app, version.deployment, problem)
        finally:
            self._busy_at.pop(version.container, None)
            self._ending.discard(version.container)
            self.on_change()

    def _over(self, version: Version) -> bool:
        """Its drain is over, or Caddy has had no request under way to it for a while."""
        now = now_ms()
        if now >= version.leave_at:
            return True
        if version.upstream is None:
            return False
        try:
            requests = self.caddy.under_way().get(version.upstream, 0)
        except OSError as problem:
            log.info("draining by time alone: %s", problem)
            return False
        left_at = version.leave_at - round(version.drain * 1000)
        if requests:
            self._busy_at[version.container] = now
        return now - max(self._busy_at.get(version.container, 0), left_at) >= QUIET

    def _mark(self, app: str, version: Version) -> bool:
        """Claim it; False where it was called back in between (a rollback)."""
        with self.records.changing(app) as record:
            for item in record.leaving:
                if item.container == version.container:
                    item.stopping = True
                    return True
        return False

    def _stop(self, version: Version) -> None:
        """Its own signal, its grace, then SIGKILL; a container that is gone needs none."""
        try:
            self.engine.api.update_container(version.container, restart_policy={"Name": "no"})
            self.engine.api.stop(version.container, timeout=round(version.grace))
        except NotFound:
            log.info("deployment %d was removed already", version.deployment)

    def _keep(self, record: Record, version: Version) -> list[Version]:
        """Move it from leaving to kept; what is one too many now."""
        if version.container not in [item.container for item in record.leaving]:
            return []
        record.forget(version.container)
        record.keep(version.model_copy(update={"stopping": False, "leave_at": 0}))
        keep = record.live.keep if record.live else version.keep
        gone, record.kept = record.kept[keep:] + record.failed, record.kept[:keep]
        record.failed = []
        return gone

    def _remove(self, gone: list[Version]) -> None:
        for version in gone:
            found = self.engine.inspect(version.container)
            self.engine.remove(version.container)
            self.records.release(version.container)
            if found:
                self.images.remove_unused(found["Image"])
