"""A shell in deployer's container is not a shell on the host: engine_proxy passes on only what deployer asks by design."""

from __future__ import annotations

import json
import subprocess
import uuid
from pathlib import Path

import pytest

from tests.security import engine

SHELL = Path(__file__).parent / "shell_in_deployer.py"
SOCKET = "/var/run/docker.sock"


@pytest.fixture
def another(platform):
    """A container of another installation on the same engine."""
    image = platform["deployer"]["Image"]
    container = engine.docker("run", "--detach", "--network", "none", "--label", "continuum.instance=another",
                              "--label", "continuum.role=app", "--label", "continuum.repo=1",
                              "--name", f"another-{uuid.uuid4().hex[:8]}", image, "sleep", "600")
    yield container
    engine.docker("rm", "--force", container)


def attack(stack, platform, another: str, *run: str) -> dict[str, int]:
    """What the attacks lead to, tried in the container that `docker RUN` reaches; status of the engine's API by attack."""
    image, service = platform["deployer"]["Image"], platform["postgres"]["Id"]
    done = subprocess.run(["docker", *run, "python", "-", stack.instance.name, image, service, another],
                          stdin=SHELL.open("rb"), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_shell_in_deployer_reaches_neither_the_host_nor_others(stack, platform, another):
    """Holds: deployer/engine_proxy, and the mounts in docker-compose.yml."""
    told = attack(stack, platform, another, "exec", "--interactive", platform["deployer"]["Id"])
    assert len(told) == 15
    assert {name: status for name, status in told.items() if status != 403} == {}
    assert engine.inspect(another)[0]["State"]["Running"]


def test_without_the_proxy_the_same_shell_reaches_all(stack, platform, another):
    """The control: what is refused above is what the engine itself does for whoever holds its socket."""
    socket = next(mount["Source"] for mount in platform["engine-proxy"]["Mounts"] if mount["Destination"] == SOCKET)
    told = attack(stack, platform, another, "run", "--rm", "--interactive", "--network", "none", "--user", "0",
                  "--volume", f"{socket}:/run/engine/engine.sock", platform["deployer"]["Image"])
    assert {name: status for name, status in told.items() if status != 200} == {}


def test_only_deployer_reaches_the_proxy(platform):
    """Holds: the volume `engine` in docker-compose.yml, and the mode of the socket in it."""
    mounted = {name: mount for name, item in platform.items() for mount in item["Mounts"]
               if mount["Destination"] == "/run/engine"}
    assert set(mounted) == {"deployer", "engine-proxy"} and mounted["deployer"]["RW"] is False
    proxy = platform["engine-proxy"]
    assert set(proxy["NetworkSettings"]["Networks"]) == {"none"}
    assert engine.docker("exec", proxy["Id"], "stat", "-c", "%a %u", "/run/engine/engine.sock") == "600 10001"
    assert not {key for key in engine.environment(proxy) if key.endswith(("_PASSWORD", "_KEY"))}
