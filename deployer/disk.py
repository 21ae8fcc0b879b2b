"""How much disk the apps of each repository use, and the stop of those that use more than they may.

Counted are named volumes and the writable layers of containers. The engine measures both by walking through files, so
looks are rare, and rarer where one takes long. Until the orchestrator has sent the limits, nothing is over one.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from docker.errors import NotFound
from pydantic import BaseModel

from common.wire.limits import measured

from . import names
from .engine import Engine, engine_loop
from .engine_answers import Listed

log = logging.getLogger(__name__)

EVERY = 15.0           # seconds between looks
SHARE = 10             # a look that took 3 s is followed by a pause of at least 30 s
GRACE = 10             # seconds from SIGTERM to SIGKILL of an app that is stopped


class DiskLimits(BaseModel):
    """Bytes of each repository: of those named here, and of all others."""

    otherwise: int
    repos: dict[int, int] = {}

    def of(self, repo: int) -> int:
        return self.repos.get(repo, self.otherwise)


@dataclass(frozen=True)
class Used:
    """Bytes of one repository."""

    volumes: int = 0
    containers: int = 0

    @property
    def total(self) -> int:
        return self.volumes + self.containers


@dataclass
class Disk:
    engine: Engine
    changed: Callable[[], None]
    _limits: DiskLimits | None = None
    _used: dict[int, Used] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.loop = engine_loop("disk", self._measured_look, pause=EVERY, meanwhile="disk use is measured later")

    def limit(self, limits: DiskLimits) -> None:
        self._limits = limits

    def used(self, repo: int) -> Used:
        """As of the latest look."""
        return self._used.get(repo, Used())

    def full(self, repo: int) -> str | None:
        """Return why the repository's apps are stopped; None where they may run."""
        used, most = self.used(repo), self._limits and self._limits.of(repo)
        if most is None or used.total <= most:
            return None
        return (f"stopped: the app uses {measured(used.total)} of disk, over the limit of {measured(most)} (volumes "
                f"{measured(used.volumes)}, containers {measured(used.containers)}); an owner of the installation can raise the "
                "limit, and the app then starts again")

    def look(self) -> None:
        """Measure once, and stop what runs of repositories that are over their limit."""
        listed = self.engine.api.containers(all=True, size=True, filters={"label": [self._mine(), names.ROLE, names.REPO]})
        volumes, containers = self._volumes(), Counter()
        for item in listed:
            containers[int(item["Labels"][names.REPO])] += item.get("SizeRw") or 0
        self._used = {repo: Used(volumes[repo], containers[repo]) for repo in volumes.keys() | containers.keys()}
        for item in listed:
            app = item["Labels"].get(names.ROLE) == names.APP      # a test's command ends with its timeout
            if app and item["State"] in ("running", "restarting") and (why := self.full(int(item["Labels"][names.REPO]))):
                self._stop(item, why)

    def _mine(self) -> str:
        return f"{names.INSTANCE}={self.engine.instance}"

    def _volumes(self) -> Counter:
        """Repository -> bytes."""
        sizes = Counter()
        for volume in self.engine.volume_usage():
            labels = volume.get("Labels") or {}
            if labels.get(names.INSTANCE) == self.engine.instance and names.REPO in labels:
                sizes[int(labels[names.REPO])] += max(0, (volume.get("UsageData") or {}).get("Size", 0))
        return sizes

    def _stop(self, item: Listed, why: str) -> None:
        log.warning("%s is %s", item["Names"][0].lstrip("/"), why)
        try:
            self.engine.api.stop(item["Id"], timeout=GRACE)
        except NotFound:
            log.info("%s was removed already", item["Id"][:12])
        self.changed()

    def _measured_look(self) -> float:
        began = time.monotonic()
        self.look()
        return max(EVERY, SHARE * (time.monotonic() - began))
