"""S31: a cloud's metadata service (169.254.169.254) hands credentials to whoever asks from the machine.

The real address is never asked: first the route is read from the kernel, which sends nothing; only where it leads
into the network that is made to lead nowhere is a connection tried, to a stand-in of our own on that network.
"""

from __future__ import annotations

import json

import pytest

from tests.security import engine

METADATA = "169.254.169.254"
SERVER = "import http.server; http.server.HTTPServer(('', 80), http.server.SimpleHTTPRequestHandler).serve_forever()"
NOWHERE = ("unreachable", "prohibit", "blackhole", "No route to host", "Network is unreachable", "Invalid argument")


def shield_of(container: dict) -> str:
    """The network whose subnet is the link-local range."""
    for name in container["NetworkSettings"]["Networks"]:
        described = json.loads(engine.docker("network", "inspect", name))[0]
        if any(part["Subnet"] == "169.254.0.0/16" for part in described["IPAM"]["Config"] or []):
            assert described["Internal"] is True
            return name
    raise AssertionError("the app is on no network that hides link-local addresses")


def leads_nowhere(container: dict) -> bool:
    """Whether the kernel would drop a packet to the metadata address."""
    return any(word in engine.in_network_of(container, "ip", "route", "get", METADATA) for word in NOWHERE)


@pytest.fixture
def stand_in(stack, probe, platform):
    """A metadata service of our own, on the network that must hide it."""
    network = shield_of(probe.container)
    container = engine.docker("run", "--detach", "--rm", "--network", network, "--ip", METADATA, "--label",
                              "continuum-security-test=metadata", "--entrypoint", "python",
                              platform["tester"]["Image"], "-c", SERVER)
    yield container
    engine.docker("rm", "--force", container)


def test_an_app_reaches_no_metadata_service(probe, stand_in):
    """Holds: deployer's shield network: link-local addresses lie on a bridge whose members do not reach each other."""
    own = engine.addresses(probe.container)[shield_of(probe.container)]
    route = engine.in_network_of(probe.container, "ip", "route", "get", METADATA)
    assert f"src {own}" in route and " via " not in route, route
    answer = probe.ask([[METADATA, 80]])[f"{METADATA}:80"]
    assert not answer.startswith("open"), answer


def test_a_build_step_reaches_no_metadata_service(platform):
    """Holds: the rule for what comes from BuildKit's bridge, and the route for what BuildKit fetches itself (`ADD`)."""
    rules = engine.docker("exec", platform["buildkit"]["Id"], "iptables", "-t", "mangle", "-S", "STEPS")
    assert "-A STEPS -d 169.254.0.0/16 -j DROP" in rules.splitlines()
    assert leads_nowhere(platform["buildkit"]), engine.in_network_of(platform["buildkit"], "ip", "route", "get", METADATA)
