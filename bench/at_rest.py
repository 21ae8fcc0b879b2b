"""How long `up` takes with the images present, and the memory of our seven services at rest."""

from __future__ import annotations

import re
import time
from pathlib import Path

from bench.measures import Measure
from cli import compose
from cli.proc import run
from tests.harness.stack import Stack


def measure(stack: Stack) -> list[Measure]:
    compose.call(stack.instance, "down")
    began = time.perf_counter()
    compose.call(stack.instance, "up", "--detach", "--wait")
    seconds = time.perf_counter() - began
    memory = {service: _pss(stack, service) for service in compose.OURS}
    detail = ", ".join(f"{service} {size:.0f}" for service, size in memory.items())
    return [Measure("`up` with the images present", seconds, 45, "s", "every health check good"),
            Measure("our seven services at rest", sum(memory.values()), 420, "MB", f"proportional set size: {detail}")]


def _pss(stack: Stack, service: str) -> float:
    """MB of all processes of a service's container."""
    pids = run(["docker", "top", stack.container(service), "-eo", "pid"])[1:]
    total = 0
    for pid in pids:
        found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid.strip()}/smaps_rollup").read_text(), re.MULTILINE)
        total += int(found[1]) if found else 0
    return total / 1024
