"""A5: a build step that takes all the processes or all the memory that it can: others notice nothing, and its author is told."""

from __future__ import annotations

import random
import uuid

import pytest

from cli.waiting import wait_for
from tests.harness.faults import Availability
from tests.harness.life import live
from tests.security import engine

LONGEST = 60      # seconds until the steps end by themselves, where nothing ends them
BOMB = f"""
import os, time
end = time.monotonic() + {LONGEST}
while time.monotonic() < end:
    try:
        os.fork()
    except OSError:
        continue
"""
HOG = f"""
import time
end, held = time.monotonic() + {LONGEST}, []
for _ in range(512):      # 8 GiB
    held.append(b"x" * 2**24)
while time.monotonic() < end:
    time.sleep(1)
"""


@pytest.fixture(scope="module")
def serving(stack):
    """The live app of somebody else."""
    return live(stack)


@pytest.mark.parametrize("program, reason", [
    (BOMB, "this step reached its limit of 2048 processes and was ended: start fewer at a time, or ask an owner to raise "
           "BUILD_PIDS"),
    (HOG, "it most likely used more memory than a step may have, 7/8 of BUILD_MEMORY (4g): let it use less, or ask an owner to "
          "raise BUILD_MEMORY"),
], ids=["fork bomb", "memory hog"])
def test_a_greedy_step_ends_as_a_failure_and_costs_nobody_an_answer(stack, serving, program, reason):
    """Holds: the limits that runc-with-ca.sh gives each step, and BuildKit's share of the processors."""
    before = started(stack)
    repo = stack.repo_of({"Dockerfile": f"FROM python:3.13-slim\nCOPY greedy.py /\nRUN : {uuid.uuid4().hex}; python /greedy.py\n",
                          "greedy.py": program, ".continuum.yml": "on: {push: []}\n"}, name="greedy")
    with Availability(serving) as available:
        ended = stack.wait(repo.run("build")["id"])
    assert available.asked and available.bad == []
    assert ended["state"] == "failure" and reason in ended["reason"], ended["reason"]
    assert started(stack) == before, "a service went away"


def started(stack) -> dict:
    return {service: (item["Id"], item["State"]["StartedAt"]) for service, item in engine.platform_containers(stack).items()}


def test_what_the_steps_of_a_build_write_is_added_up(stack):
    """Holds: watch-step.sh knows by BuildKit's trace which steps belong together, whatever variables a Dockerfile sets."""
    mib = sorted(random.sample(range(3, 60), 2))      # of no earlier build
    write = "RUN : {salt}; head -c {mib}M /dev/zero > /{mib}"
    lines = ["FROM python:3.13-slim", f"ENV TRACEPARENT=00-{'1' * 32}-{'1' * 16}-01 OTEL_TRACES_EXPORTER=none",
             *(write.format(salt=uuid.uuid4().hex, mib=size) for size in mib), ""]
    repo = stack.repo_of({"Dockerfile": "\n".join(lines), ".continuum.yml": "on: {push: []}\n"}, name="writes")
    ended = stack.wait(repo.run("build")["id"])
    assert ended["state"] == "success", ended["reason"]
    wait_for(lambda: mib in sizes(stack), "both steps to be counted for one build", 30)


def sizes(stack) -> list[list[int]]:
    """Of each build, what its steps wrote: MiB each."""
    program = "for build in /run/continuum-builds/*; do cat $build/* | tr '\\n' ' '; echo; done"
    told = engine.docker("exec", stack.container("buildkit"), "sh", "-c", program)
    return [sorted(int(size) // 1024 for size in line.split()) for line in told.splitlines()]
