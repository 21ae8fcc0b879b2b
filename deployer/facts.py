"""What `GET /v1/engine` tells. What changes slowly and costs the engine much is asked for now and then; whether it
answers at all, and how many containers are ours, each time.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable

from .engine import Engine
from .engine_answers import DiskUsage

INFO_EVERY = 10      # seconds; version, size, drivers, and how many containers there are in all
DISK_EVERY = 60      # seconds; the engine walks all layers to answer


class Kept:
    """What `read()` said, at most `seconds` old; one thread asks, the others wait for what it gets."""

    def __init__(self, seconds: float, read: Callable[[], dict], clock: Callable[[], float] = time.monotonic):
        self._seconds, self._read, self._clock = seconds, read, clock
        self._lock, self._value, self._at = threading.Lock(), None, 0.0

    def get(self) -> dict:
        with self._lock:
            if self._value is None or self._clock() - self._at > self._seconds:
                self._value, self._at = self._read(), self._clock()
            return self._value


class Facts:
    def __init__(self, engine: Engine, folder: str = "/var/lib/continuum", clock: Callable[[], float] = time.monotonic):
        """`folder`: on the disk that holds the engine's volumes, ours among them."""
        self._engine, self._folder = engine, folder
        self._info = Kept(INFO_EVERY, lambda: engine.api.info(), clock)
        self._disk = Kept(DISK_EVERY, lambda: _disk(engine.api.df()), clock)

    def now(self) -> dict:
        ours, info = len(self._engine.containers()), self._info.get()
        return {"version": info["ServerVersion"], "api": self._engine.api.api_version, "cpus": info["NCPU"],
                "memory": info["MemTotal"], "storage": info["Driver"], "disk": {**self._disk.get(), **self._room()},
                "containers": {"running": info["ContainersRunning"], "stopped": info["ContainersStopped"], "ours": ours},
                "warnings": info.get("Warnings") or []}

    def _room(self) -> dict:
        whole = shutil.disk_usage(self._folder)
        return {"used_percent": round(100 * whole.used / (whole.used + whole.free))}


def _disk(usage: DiskUsage) -> dict[str, int]:
    """Bytes that the engine's parts take."""
    return {"images": usage.get("LayersSize") or 0,
            "containers": sum(item.get("SizeRw") or 0 for item in usage.get("Containers") or []),
            "volumes": sum(max(0, (item.get("UsageData") or {}).get("Size") or 0)
                           for item in usage.get("Volumes") or []),
            "build_cache": sum(item.get("Size") or 0 for item in usage.get("BuildCache") or [])}
