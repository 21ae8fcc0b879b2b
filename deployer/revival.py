"""A version that was live comes up again: in its own container, else in a fresh one of the same image and configuration.

A container that was stopped may not start a second time, since its app left a pid file, a lock or a socket in it.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field

from docker.errors import APIError, NotFound

from common.wire.errors import Failure

from . import container_spec, last_words, names, ports, speaks
from .engine import Engine, explain
from .engine_answers import Inspected
from .networks import Networks
from .promote import ROUTED
from .records import Records, Version

log = logging.getLogger(__name__)

LOOK = 0.1                # seconds between looks
LONGEST_ANSWER = 2.0      # seconds of one question meanwhile


@dataclass
class Revival:
    engine: Engine
    networks: Networks
    records: Records
    under_way: set[str] = field(default_factory=set)      # fresh containers that are in no record yet

    def bring_up(self, app: str, version: Version) -> Version:
        """The version, up and answering; another container than before where that took a fresh one, which then has its
        place in the record and its route. Raises Failure with why neither came up; nothing is lost by that."""
        try:
            self._start(version)
            return version
        except Failure as first:
            log.warning("%s: the container of deployment %d did not come up: %s", app, version.deployment, first)
            return self._renew(app, version, first)

    def _renew(self, app: str, version: Version, first: Failure) -> Version:
        found = self.engine.inspect(version.container)
        if found is None:
            raise first
        fresh = self._create(version, found)
        self.under_way.add(fresh.container)
        try:
            self._start(fresh)
            replaced = self._replace(app, version, fresh)
        except BaseException:
            self.engine.remove(fresh.container)
            self.records.release(fresh.container)
            raise
        finally:
            self.under_way.discard(fresh.container)
        if not replaced:
            self.engine.remove(fresh.container)
            raise Failure("another version took its place meanwhile")
        self.engine.remove(version.container)
        self.records.release(version.container)
        return fresh

    def _create(self, version: Version, found: Inspected) -> Version:
        name = names.renewed(found["Name"].lstrip("/"))
        try:
            container = self.engine.create(container_spec.again(found), name)
        except APIError as problem:
            raise Failure(f"the engine makes no fresh container: {explain(problem)}") from problem
        adopted = self.records.adopted(version.container)
        if adopted:
            self.records.adopt(container, **adopted)
        return version.model_copy(update={"container": container,
                                          "upstream": f"{name}:{version.port}" if version.upstream else None})

    def _replace(self, app: str, version: Version, fresh: Version) -> bool:
        with self.records.changing(app) as record:
            if not record.replace(version.container, fresh):
                return False
            if record.live and record.live.container == fresh.container:
                self.records.switch(app, fresh.route)
        return True

    def _start(self, version: Version) -> None:
        """Start it if need be, and wait until it answers as it did when it was promoted; raises Failure."""
        try:
            self.networks.start(version.container)
        except NotFound:
            raise Failure("its container is gone") from None
        except APIError as problem:
            raise Failure(f"its container cannot start: {explain(problem)}") from problem
        began = time.monotonic()
        while not self._answers(version, began):
            if time.monotonic() - began > version.patience:
                raise Failure(f"it did not answer within {version.patience:g} s after its start")
            time.sleep(LOOK)

    def _answers(self, version: Version, began: float) -> bool:
        found = self.engine.inspect(version.container)
        if found is None:
            raise Failure("its container is gone")
        if found["State"]["Status"] != "running":
            raise last_words.death(self.engine, found, f"{time.monotonic() - began:.1f} s after its start")
        health = (found["State"].get("Health") or {}).get("Status", "healthy")
        if health != "healthy":
            return False
        network = found["NetworkSettings"]["Networks"].get(names.network(self.engine.instance, version.repo), {})
        return version.port is None or self._speaks(network.get("IPAddress"), version)

    def _speaks(self, address: str | None, version: Version) -> bool:
        """HTTP where it is routed; where a HEALTHCHECK or test alone proved that, its open port is as good."""
        if not address or not ports.is_open(address, version.port):
            return False
        if version.protocol not in ROUTED:
            return True
        return speaks.ask(address, version.port, timeout=LONGEST_ANSWER).kind not in ("silent", "refused")
