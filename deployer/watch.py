"""The watch: a version that dies soon after it got the traffic is rolled back by itself.

Told by the engine's events; what happened while nobody listened is found by a look at the start. After the window
the engine's own `unless-stopped` is all that is needed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from docker.errors import APIError, NotFound

from common.joblog import now_ms

from . import names, ports
from .engine import Engine, EngineDown, speaking
from .networks import Networks, is_peer
from .promote import UNLESS_STOPPED, recover
from .records import Record, Records, Version

log = logging.getLogger(__name__)

HEARD = ["start", "die", "oom", "destroy", "health_status"]
RECONNECT = 1.0           # seconds between tries to hear the engine again
RETURN_TIMEOUT = 30.0     # seconds that a called back version may take until it answers
LOOK = 0.1                # seconds between looks meanwhile


@dataclass
class Watch:
    engine: Engine
    networks: Networks
    records: Records
    changed: Callable[[], None]

    def start(self) -> None:
        threading.Thread(target=self._run, name="watch", daemon=True).start()

    def _run(self) -> None:
        """Listen first and look then, so that nothing falls between; again after every break."""
        while True:
            try:
                with speaking():
                    events = self.engine.api.events(decode=True, filters={"type": "container", "event": HEARD})
                    self._catch_up()
                    for event in events:
                        self._hear(event)
            except (EngineDown, APIError, OSError) as problem:
                log.warning("the engine's events broke off: %s", problem)
            time.sleep(RECONNECT)

    def _catch_up(self) -> None:
        recover(self.records)
        self.networks.connect_everywhere()
        for record in self.records.all():
            if record.live and self._watched(record.live) and not self._comes_up(record.live):
                self._roll_back(record.app, record.live, "was found dead")
        self.changed()

    def _hear(self, event: dict) -> None:
        labels = event["Actor"]["Attributes"]
        if event["Action"] == "start" and self.engine.project and is_peer(labels, self.engine.project):
            self.networks.connect_everywhere()
        if labels.get(names.INSTANCE) != self.engine.instance or labels.get(names.ROLE) != names.APP:
            return
        if event["Action"] == "die":
            self._died(event["Actor"]["ID"], labels.get("exitCode", "?"))
        self.changed()

    def _died(self, container: str, code: str) -> None:
        for record in self.records.all():
            if record.live and record.live.container == container and self._watched(record.live):
                seconds = (now_ms() - record.live.promoted) / 1000
                what = f"exited {code} {seconds:.0f} s after it got the traffic"
                threading.Thread(target=self._roll_back, args=(record.app, record.live, what), daemon=True,
                                 name=f"rollback-{record.app}").start()

    def _watched(self, live: Version) -> bool:
        return now_ms() < live.watch_until

    def _comes_up(self, live: Version) -> bool:
        """After a restart of the engine or the machine it may only need to be started."""
        found = self.engine.inspect(live.container)
        if found is None:
            return False
        return found["State"]["Status"] == "running" or self._answers(live)

    def _roll_back(self, app: str, dead: Version, what: str) -> None:
        try:
            with speaking():
                self._call_back(app, dead, what)
        except (EngineDown, APIError, OSError) as problem:
            log.error("%s: deployment %d %s and could not be rolled back: %s", app, dead.deployment, what, problem)
        finally:
            self.changed()

    def _call_back(self, app: str, dead: Version, what: str) -> None:
        """The newest earlier version that answers gets the traffic back."""
        for earlier in self._earlier(app, dead):
            if self._answers(earlier):
                if self._switch(app, dead, earlier, what):
                    self._silence(dead)
                return
        with self.records.changing(app) as record:
            record.notes[dead.deployment] = f"{what}; no earlier version is there that answers"
        log.error("%s: deployment %d %s, and nothing to roll back to", app, dead.deployment, what)

    def _earlier(self, app: str, dead: Version) -> list[Version]:
        record = self.records.read(app)
        if not record.live or record.live.container != dead.container:
            return []                              # somebody else rolled back or promoted meanwhile
        return [item for item in [*record.leaving, *record.kept] if item.container != dead.container]

    def _answers(self, version: Version) -> bool:
        """Start it if need be, and see that it is up: its port open, or the process still there."""
        try:
            self.networks.start(version.container)
        except NotFound:
            return False
        network = names.network(self.engine.instance, version.repo)
        end = time.monotonic() + RETURN_TIMEOUT
        while time.monotonic() < end:
            found = self.engine.inspect(version.container)
            if found is None or found["State"]["Status"] not in ("running", "restarting"):
                return False
            address = found["NetworkSettings"]["Networks"].get(network, {}).get("IPAddress")
            if version.port is None or (address and ports.is_open(address, version.port)):
                return True
            time.sleep(LOOK)
        return False

    def _switch(self, app: str, dead: Version, earlier: Version, what: str) -> bool:
        with self.records.changing(app) as record:
            if not record.live or record.live.container != dead.container:
                return False
            self.engine.api.update_container(earlier.container, restart_policy=UNLESS_STOPPED)
            self.records.switch(app, earlier.upstream)
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
    record.notes[dead.deployment] = f"{what}; rolled back by itself to deployment {earlier.deployment}"
    record.notes[earlier.deployment] = f"called back: deployment {dead.deployment} {what}"
