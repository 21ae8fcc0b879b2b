"""The installation as the engine sees it: its containers, their addresses, what they may."""

from __future__ import annotations

import json
import subprocess

from cli import compose
from cli.proc import answer
from tests.harness.stack import Stack

LABEL = "com.docker.compose.service"


def docker(*words: str, timeout: float = 60) -> str:
    """What `docker WORDS` prints; raises CalledProcessError with what it said."""
    done = subprocess.run(["docker", *words], capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise AssertionError(f"docker {' '.join(words[:3])} … ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout.strip()


def inspect(*containers: str) -> list[dict]:
    return json.loads(docker("inspect", *containers)) if containers else []


def platform_containers(stack: Stack) -> dict[str, dict]:
    """Service -> its container, inspected (the first one of a scaled service)."""
    ids = (answer(compose.argv(stack.instance, "ps", "--quiet")) or "").split()
    found = {item["Config"]["Labels"][LABEL]: item for item in inspect(*ids)}
    assert {"dashboard", "postgres", "rabbitmq", "registry", "buildkit", "caddy"} <= set(found), sorted(found)
    return found


def app_containers(stack: Stack, repo: int | None = None, role: str = "app") -> list[dict]:
    """Running containers that the deployer made, newest first."""
    filters = [f"label=continuum.instance={stack.instance.name}", f"label=continuum.role={role}"]
    filters += [f"label=continuum.repo={repo}"] if repo else []
    words = [word for text in filters for word in ("--filter", text)]
    return inspect(*docker("ps", "--quiet", *words).split())


def addresses(container: dict) -> dict[str, str]:
    """Network -> IPv4 address."""
    return {name: place["IPAddress"] for name, place in container["NetworkSettings"]["Networks"].items()
            if place["IPAddress"]}


def gateways(container: dict) -> list[str]:
    """The host's own addresses on the container's networks."""
    return [place["Gateway"] for place in container["NetworkSettings"]["Networks"].values() if place["Gateway"]]


def environment(container: dict) -> dict[str, str]:
    return dict(item.split("=", 1) for item in container["Config"]["Env"] or [] if "=" in item)


def in_network_of(container: dict, *argv: str) -> str:
    """Run a program of this machine in the container's network namespace."""
    pid = container["State"]["Pid"]
    assert pid > 0, f"{container['Name']} does not run"
    done = subprocess.run(["nsenter", "--target", str(pid), "--net", "--", *argv], capture_output=True, text=True,
                          timeout=20, stdin=subprocess.DEVNULL)
    return done.stdout + done.stderr
