"""The watch: a version that crashes soon after it went live is rolled back automatically.

Told by the engine's events; what happened while nobody listened is found by a look at the start. After the window
the engine's own `unless-stopped` is all that is needed.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from docker.errors import APIError, NotFound

from common.wire.errors import Failure
from common.worker.joblog import now_ms

from . import isolation, last_words, names
from .engine import Engine, EngineDown, engine_loop, speaking
from .engine_answers import Event
from .isolation import is_peer
from .networks import Networks
from .promote import UNLESS_STOPPED, recover
from .records import Record, Records, Version
from .revival import Revival

log = logging.getLogger(__name__)

RECONNECT = 1.0           # seconds between tries to hear the engine again


@dataclass
class Watch:
    engine: Engine
    networks: Networks
    records: Records
    revival: Revival
    changed: Callable[[], None]
    full: Callable[[int], str | None]       # why a repository's apps are stopped, see Disk

    def __post_init__(self) -> None:
        self.loop = engine_loop("watch", self._listen, pause=RECONNECT, meanwhile="the engine's events broke off")

    def _listen(self) -> None:
        """Listen first and look then, so that nothing falls between; returns where the engine ends the events."""
        events = self.engine.api.events(decode=True, filters=self._heard())
        self._catch_up()
        for event in events:
            self._hear(event)

    def _heard(self) -> dict:
        """Containers of apps and our own services; all of them carry the instance's label."""
        return {"type": "container", "event": isolation.EVENTS, "label": f"{names.INSTANCE}={self.engine.instance}"}

    def _catch_up(self) -> None:
        recover(self.records)
        self.networks.connect_everywhere()
        self._start_interrupted()
        for record in self.records.all():
            if record.live and self._watched(record.live) and not self._comes_up(record.app, record.live):
                self._roll_back(record.app, record.live, "had crashed when deployer started")
        self.changed()

    def _start_interrupted(self) -> None:
        """Candidates that were stopped while we were away go on; their runs do as well."""
        recorded = {version.container for record in self.records.all() for _, version in record.versions()}
        for listed in self.engine.containers(names.APP):
            found = self.engine.inspect(listed["Id"]) if listed["Id"] not in recorded else None
            if found and not found["State"]["Running"] and self.engine.interrupted(found):
                try:
                    self.networks.start(listed["Id"])
                except APIError as problem:
                    log.warning("%s, which was stopped while we were away, does not start: %s", found["Name"], problem)

    def _hear(self, event: Event) -> None:
        labels = event["Actor"]["Attributes"]
        if event["Action"] == "start" and is_peer(labels, self.engine.instance):
            self.networks.connect_everywhere()
        if labels.get(names.INSTANCE) != self.engine.instance or labels.get(names.ROLE) != names.APP:
            return
        if event["Action"] == "die":
            self._died(event["Actor"]["ID"], labels.get("exitCode", ""))
        self.changed()

    def _died(self, container: str, code: str) -> None:
        for record in self.records.all():
            if record.live and record.live.container == container and self._watched(record.live) \
                    and not self.full(record.live.repo):      # no crash: an earlier version would fill the disk as well
                seconds = (now_ms() - record.live.promoted) / 1000
                threading.Thread(target=self._roll_back, daemon=True, name=f"rollback-{record.app}",
                                 args=(record.app, record.live, self._cause(container, code, seconds))).start()

    def _cause(self, container: str, code: str, seconds: float) -> str:
        """With its last lines, and the exit code of the event: the engine may have started it again already."""
        when = f"{seconds:.0f} s after it went live"
        found = self.engine.inspect(container)
        if found is None:
            return f"the app's container was removed {when}"
        over = {**found["State"], **({"ExitCode": int(code)} if code.isdecimal() else {})}
        return str(last_words.death(self.engine, {**found, "State": over}, when))

    def _watched(self, live: Version) -> bool:
        return now_ms() < live.watch_until

    def _comes_up(self, app: str, live: Version) -> bool:
        """After a restart of the engine or the machine it may only need to be started."""
        try:
            self.revival.bring_up(app, live)
        except Failure as problem:
            log.warning("%s: deployment %d: %s", app, live.deployment, problem)
            return False
        return True

    def _roll_back(self, app: str, dead: Version, what: str) -> None:
        try:
            with speaking():
                self._call_back(app, dead, what)
        except (EngineDown, APIError, OSError) as problem:
            log.error("%s: deployment %d %s and could not be rolled back: %s", app, dead.deployment, what, problem)
        finally:
            self.changed()

    def _call_back(self, app: str, dead: Version, what: str) -> None:
        """The newest earlier version that comes up gets the traffic back; each of them stays kept."""
        for earlier in self._earlier(app, dead):
            try:
                up = self.revival.bring_up(app, earlier)
            except Failure as problem:
                log.warning("%s: deployment %d cannot be gone back to: %s", app, earlier.deployment, problem)
                continue
            if self._switch(app, dead, up, what):
                self._silence(dead)
            return
        with self.records.changing(app) as record:
            if record.live and record.live.container == dead.container:
                record.notes[dead.deployment] = f"{what}\nNo container of an earlier version came up."
                record.crashed = dead.deployment
        log.error("%s: deployment %d: %s, and nothing to roll back to", app, dead.deployment, what)

    def _earlier(self, app: str, dead: Version) -> list[Version]:
        record = self.records.read(app)
        if not record.live or record.live.container != dead.container:
            return []                              # somebody else rolled back or promoted meanwhile
        return record.earlier(dead)

    def _switch(self, app: str, dead: Version, earlier: Version, what: str) -> bool:
        with self.records.changing(app) as record:
            if not record.live or record.live.container != dead.container:
                return False
            self.engine.api.update_container(earlier.container, restart_policy=UNLESS_STOPPED)
            self.records.switch(app, earlier.route)
            _exchange(record, earlier, what)
        log.warning("%s: deployment %d %s: rolled back to %d", app, dead.deployment, what, earlier.deployment)
        return True

    def _silence(self, dead: Version) -> None:
        """It stays for its logs, and stays down."""
        try:
            self.engine.api.update_container(dead.container, restart_policy={"Name": "no"})
            self.engine.api.stop(dead.container, timeout=round(dead.grace))
        except NotFound:
            log.info("deployment %d was removed already", dead.deployment)


def _exchange(record: Record, earlier: Version, what: str) -> None:
    dead = record.live
    record.forget(earlier.container)
    record.live = earlier.model_copy(update={"promoted": now_ms(), "watch_until": 0, "leave_at": 0, "stopping": False})
    record.failed.insert(0, dead)
    record.notes[dead.deployment] = f"Rolled back automatically to run {earlier.run}: {what}"
    record.notes[earlier.deployment] = f"Restored automatically after run {dead.run} crashed"
