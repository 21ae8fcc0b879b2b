"""How much CPU and memory the live apps use: the last 60 samples of each."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field

from docker.errors import NotFound

from common.worker.joblog import now_ms

from .containers import Containers
from .engine import Engine, engine_loop, speaking
from .engine_answers import Stats
from .records import Records

EVERY = 5.0           # seconds
KEPT = 60             # samples
PAUSE = 0.2           # seconds between the two looks at a container that is not sampled


@dataclass
class Usage:
    engine: Engine
    records: Records
    containers: Containers
    _samples: dict[str, deque] = field(default_factory=dict)       # container -> samples
    _before: dict[str, tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.loop = engine_loop("usage", self._round, pause=EVERY, meanwhile="the use of CPU and memory is not measured")

    def of(self, deployment: int) -> dict:
        """`{cpu, memory, memory_limit, samples}`: cpu in cores, memory in bytes; raises NotFound."""
        with speaking():
            container = self.containers.of_deployment(deployment).id
            samples = list(self._samples.get(container, ()))
            if not samples:
                self._sample(container)
                time.sleep(PAUSE)
                samples = [sample for sample in [self._sample(container)] if sample]
        newest = samples[-1] if samples else {"cpu": 0.0, "memory": 0, "memory_limit": 0}
        return {key: newest[key] for key in ("cpu", "memory", "memory_limit")} | {"samples": samples}

    def _round(self) -> None:
        live = {record.live.container for record in self.records.all() if record.live}
        for gone in set(self._samples) - live:
            del self._samples[gone]
            self._before.pop(gone, None)
        for container in live:
            sample = self._sample(container)
            if sample:
                self._samples.setdefault(container, deque(maxlen=KEPT)).append(sample)

    def _sample(self, container: str) -> dict | None:
        """None at the first look (CPU is a difference) and for what does not run."""
        try:
            stats = self.engine.api.stats(container, stream=False, one_shot=True)
        except NotFound:
            return None
        if not stats.get("memory_stats"):
            return None
        at, used = time.monotonic_ns(), stats["cpu_stats"]["cpu_usage"]["total_usage"]
        before, self._before[container] = self._before.get(container), (at, used)
        return sample_of(stats, at - before[0], used - before[1]) if before else None


def sample_of(stats: Stats, elapsed: int, used: int) -> dict:
    """`elapsed`, `used`: ns since the last look. Memory as `docker stats` counts it: without the page cache."""
    memory = stats["memory_stats"]
    details = memory.get("stats") or {}
    cache = details.get("inactive_file", details.get("total_inactive_file", 0))
    return {"at": now_ms(), "cpu": round(max(0, used) / max(1, elapsed), 4),
            "memory": max(0, memory.get("usage", 0) - cache), "memory_limit": memory.get("limit", 0)}
