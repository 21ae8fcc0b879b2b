"""S34, S25: what the engine was told about the containers: an app's, and our own."""

from __future__ import annotations

import pytest

from cli.waiting import wait_for
from tests.harness.apps import steady
from tests.security import engine

OURS = ("dashboard", "orchestrator", "dbproxy", "builder", "scanner", "deployer", "tester", "engine-proxy")
KEPT = {"CHOWN", "DAC_OVERRIDE", "FOWNER", "SETUID", "SETGID", "KILL", "NET_BIND_SERVICE"}
MASK = sum(1 << number for number in (0, 1, 3, 5, 6, 7, 10))      # of KEPT, capability(7)
SOCKET = "/var/run/docker.sock"


def plain(names: list[str] | None) -> set[str]:
    """Engines differ in whether they write CAP_ before a capability."""
    return {name.removeprefix("CAP_") for name in names or []}


def assert_bounded(container: dict) -> None:
    limits = container["HostConfig"]
    assert limits["Privileged"] is False
    assert plain(limits["CapDrop"]) == {"ALL"}
    assert plain(limits["CapAdd"]) == KEPT
    assert any(option.startswith("no-new-privileges") for option in limits["SecurityOpt"])
    assert limits["Memory"] > 0 and limits["MemorySwap"] == limits["Memory"]
    assert 0 < limits["PidsLimit"] <= 32768
    assert limits["NanoCpus"] > 0
    assert (limits["PidMode"], limits["UTSMode"], limits["IpcMode"]) == ("", "", "private")
    assert limits["NetworkMode"] != "host" and not limits["Devices"]
    assert not limits["Binds"] and not [mount for mount in container["Mounts"] if mount["Type"] == "bind"]
    assert limits["LogConfig"]["Config"].get("max-size")


def test_an_app_is_bounded(probe):
    """Holds: container_spec._limits."""
    assert_bounded(probe.container)
    assert probe.container["HostConfig"]["Memory"] == 256 * 1024**2


def test_the_kernel_gives_an_app_no_more(probe):
    """Holds: the same, as the process itself sees it; the app runs as its image's root."""
    seen = probe.look()
    assert seen["uid"] == 0
    assert seen["capabilities"] & ~MASK == 0, hex(seen["capabilities"])


def test_a_build_step_has_no_dangerous_capability(probe):
    """Holds: runc-with-ca.sh leaves what a build needs. NET_RAW, MKNOD, SETPCAP and all that BuildKit lacks are gone."""
    kept = sum(1 << number for number in (0, 1, 3, 4, 5, 6, 7, 10, 18, 29, 31))      # see capability(7)
    assert probe.build_look["capabilities"] == kept, hex(probe.build_look["capabilities"])


def test_a_command_of_the_tests_is_bounded(stack):
    """Holds: one-off containers get the app's limits."""
    repo = stack.repo_of(steady(test_ticks=100))
    started = repo.run()
    stack.wait_stage(started["id"], "test")
    found = wait_for(lambda: [item for item in engine.app_containers(stack, role="command")
                              if item["Config"]["Labels"].get("continuum.run") == str(started["id"])] or None,
                     "the command's container", 30)
    stack.api.post(f"/runs/{started['id']}/cancel")
    stack.wait(started["id"])
    assert_bounded(found[0])


def test_an_image_cannot_dress_up_as_one_of_ours(stack):
    """Holds: labels that steer the deployer or compose are emptied; such an app joins no other app's network."""
    files = steady()
    project = stack.instance.name
    files["Dockerfile"] += (f"LABEL com.docker.compose.project={project} com.docker.compose.service=caddy "
                            f"continuum.instance={project} continuum.repo=1 continuum.role=\"\"\n")
    repo = stack.repo_of(files)
    assert stack.wait(repo.run()["id"])["state"] == "success"
    found = engine.app_containers(stack, repo.id)
    assert len(found) == 1, "the deployer's own labels must win"
    labels = found[0]["Config"]["Labels"]
    assert (labels["com.docker.compose.project"], labels["com.docker.compose.service"]) == ("", "")
    assert {name for name in engine.addresses(found[0]) if "-repo-" in name} == {f"{project}-repo-{repo.id}"}


@pytest.mark.parametrize("service", OURS)
def test_our_services_give_up_what_they_do_not_need(platform, service):
    """Holds: the anchor x-service in docker-compose.yml: no root, no capability, nothing to write, limits."""
    container = platform[service]
    limits = container["HostConfig"]
    assert container["Config"]["User"].split(":")[0] == "10001"
    assert limits["ReadonlyRootfs"] is True
    assert plain(limits["CapDrop"]) == {"ALL"} and not limits["CapAdd"]
    assert any(option.startswith("no-new-privileges") for option in limits["SecurityOpt"])
    assert limits["Memory"] > 0 and limits["PidsLimit"] > 0


def test_only_its_proxy_holds_the_engine_and_only_buildkit_is_privileged(platform):
    """Holds: the mounts in docker-compose.yml."""
    assert {name for name, item in platform.items() if item["HostConfig"]["Privileged"]} == {"buildkit"}
    holders = {name for name, item in platform.items()
               if any(SOCKET in (mount["Source"], mount["Destination"]) for mount in item["Mounts"])}
    assert holders == {"engine-proxy"}
    sharing = {name for name, item in platform.items()
               if any(mount["Destination"] == "/run/buildkit" for mount in item["Mounts"])}
    assert sharing == {"buildkit", "builder"}


def test_networks_hold_whom_they_should(platform, stack):
    """Holds: who is on which network; everything but the ways in and out is internal."""
    prefix = f"{stack.instance.name}_"
    on = {}
    for service, container in platform.items():
        for network in engine.addresses(container):
            if network.startswith(prefix):
                on.setdefault(network.removeprefix(prefix), set()).add(service)
    assert on["data"] == {"postgres", "dbproxy"}
    assert on["registry"] == {"registry", "builder", "scanner"}
    assert on["build"] == {"registry", "buildkit"}
    assert {"postgres", "buildkit", "registry", "caddy"} & on["control"] == set()
    for network in ("control", "data", "registry"):
        assert engine.docker("network", "inspect", "--format", "{{.Internal}}", prefix + network) == "true", network
