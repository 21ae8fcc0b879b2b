"""Live means running: each live version's container runs, or it is known why not.

The engine restarts what crashes, but neither what was stopped (`down`, `docker stop` and a stopped engine cancel its
restart policy) nor what cannot start again in its own container. Versions in their watch window are the watch's.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from docker.errors import APIError

from common.wire.errors import Failure
from common.worker.joblog import now_ms

from . import last_words, names
from .engine import Engine, EngineDown, engine_loop, seconds_of, speaking
from .engine_answers import Inspected
from .promote import UNLESS_STOPPED
from .records import Records, Version
from .revival import Revival

log = logging.getLogger(__name__)

EVERY = 5.0              # seconds between looks
SETTLED = 10.0           # seconds that a restarted container runs before it counts as healthy: the engine's own measure
STUCK = 3                # restarts by the engine after which a container that it goes on restarting gets no more time
PAUSES = (0, 10, 30, 60, 300)      # seconds before each next try to bring a version up

HEALTHY, DOWN = "healthy", "down"


@dataclass(frozen=True)
class Observed:
    state: str           # healthy or down
    reason: str = ""


@dataclass
class _Tries:
    """Of one container that does not come up."""

    count: int = 0
    next_at: float = 0.0      # time.monotonic()
    reason: str = ""


@dataclass
class Liveness:
    engine: Engine
    records: Records
    revival: Revival
    changed: Callable[[], None]
    full: Callable[[int], str | None]       # why a repository's apps are stopped, see Disk
    _tries: dict[str, _Tries] = field(default_factory=dict)
    _reviving: set[str] = field(default_factory=set)        # apps
    _seen: dict[str, Observed] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.loop = engine_loop("liveness", self.look, pause=EVERY, meanwhile="live versions are looked at later")

    def observe(self, found: Inspected) -> Observed:
        """How a live version's inspected container is."""
        if full := self.full(int(found["Config"]["Labels"][names.REPO])):
            return Observed(DOWN, full)
        state = found["State"]
        check = state.get("Health") or {}
        if check.get("Status") == "unhealthy":
            newest = (check.get("Log") or [{"Output": ""}])[-1]["Output"].strip()
            return Observed(DOWN, f"HEALTHCHECK reports unhealthy: {newest[-300:]}")
        if state["Status"] == "running" and not (found["RestartCount"] and time.time() - seconds_of(state["StartedAt"]) < SETTLED):
            return Observed(HEALTHY)
        if state["Status"] == "running":
            return Observed(DOWN, f"the app crashed and was restarted ({found['RestartCount']} times)")
        tried = self._tries.get(found["Id"])
        return Observed(DOWN, tried.reason if tried and tried.reason
                        else str(last_words.death(self.engine, found, f"at {state['FinishedAt'][:19]}Z")))

    def look(self) -> None:
        """Judge all live versions once; those that do not run are brought up, each app in a thread of its own."""
        for record in self.records.all():
            if record.live:
                self._judge(record.app, record.live)

    def _judge(self, app: str, live: Version) -> None:
        found = self.engine.inspect(live.container)
        observed = self.observe(found) if found else Observed(DOWN, "its container is gone")
        if self._seen.get(app) != observed:
            self._seen[app] = observed
            self.changed()
        if found is None or _may_run_yet(found["State"]["Status"], found["RestartCount"]) or self.full(live.repo):
            return
        if now_ms() >= live.watch_until and app not in self._reviving and self._due(live.container):
            self._reviving.add(app)
            threading.Thread(target=self._bring_up, args=(app, live), daemon=True, name=f"revive-{app}").start()

    def _due(self, container: str) -> bool:
        tries = self._tries.setdefault(container, _Tries())
        return time.monotonic() >= tries.next_at

    def _bring_up(self, app: str, live: Version) -> None:
        tries = self._tries.setdefault(live.container, _Tries())
        try:
            with speaking():
                up = self.revival.bring_up(app, live)
                self.engine.api.update_container(up.container, restart_policy=UNLESS_STOPPED)
            self._tries.pop(live.container, None)
            log.info("%s: deployment %d runs again", app, live.deployment)
        except (Failure, EngineDown, APIError, OSError) as problem:
            tries.count += 1
            tries.next_at = time.monotonic() + PAUSES[min(tries.count, len(PAUSES) - 1)]
            tries.reason = str(problem)
            log.warning("%s: deployment %d does not come up: %s", app, live.deployment, problem)
        finally:
            self._reviving.discard(app)
            self.changed()


def _may_run_yet(status: str, restarts: int) -> bool:
    """A container runs, or the engine has just begun to restart it."""
    return status == "running" or status == "restarting" and restarts < STUCK
