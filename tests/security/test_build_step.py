"""What a build step can do beside the network: nothing that reaches the kernel's settings, devices, keys, the disk of
the machine or processes of others."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import pytest

from tests.security import engine

REACH = Path(__file__).parent / "probe" / "reach.py"
DOCKERFILE = "FROM python:3.13-slim\nCOPY reach.py /\nRUN : {salt}; python /reach.py\n"


@pytest.fixture(scope="module")
def seen(stack):
    repo = stack.repo_of({"Dockerfile": DOCKERFILE.format(salt=uuid.uuid4().hex), "reach.py": REACH.read_text()},
                         name="reach")
    ended = stack.wait(repo.run("build")["id"])
    assert ended["state"] == "success", ended["reason"]
    return told(stack.lines(ended["id"], "build.1"))


def told(lines: list[str]) -> dict[str, list]:
    return json.loads(next(line for line in lines if line.startswith("REACH ")).removeprefix("REACH "))


def test_a_step_reaches_nothing_beyond_itself(seen):
    """Holds: BuildKit's namespaces, its filter of system calls, its read-only mounts, and runc-with-ca.sh's capabilities."""
    assert {kind: found for kind, found in seen.items() if found} == {}


def test_a_privileged_container_fails_that_test(platform):
    """The control: BuildKit's own container has what its steps are denied."""
    image = platform["builder"]["Image"]
    lines = engine.docker("run", "--rm", "--privileged", "--network", "none", "--user", "0", "--entrypoint", "python",
                          "--label", "continuum-security-test=reach", "--volume", f"{REACH}:/reach.py:ro", image, "/reach.py")
    found = told(lines.splitlines())
    assert {"system calls", "kernel files", "devices", "sockets", "no filter of system calls"} <= \
        {kind for kind, reached in found.items() if reached}
