"""`emulate`, a GitHub that others wrote (npm), as a process on a loopback port."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.testing import free_ports
from tests.harness.npm import NODE, program

SOURCE = Path(__file__).parent / "emulate"


@contextmanager
def emulate(seed: dict) -> Iterator[str]:
    """Its URL. `seed`: {"github": {"users": […], "repos": […], "oauth_apps": […]}, "tokens": {…}}"""
    port = free_ports(1)[0]
    process = subprocess.Popen([str(NODE), "server.mjs", str(port), json.dumps(seed)],
                               cwd=program(SOURCE), stdout=subprocess.PIPE, text=True)
    try:
        url = process.stdout.readline().strip()
        assert url, "emulate did not start"
        yield url
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()
