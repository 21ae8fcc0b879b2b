"""S53: what listens where. Public are the dashboard and Caddy's ports, and only as .env says; the rest is loopback."""

from __future__ import annotations

import ipaddress
import json
import socket
import struct
from pathlib import Path

import pytest
import yaml

from cli.instance import ROOT
from cli.proc import answer

PUBLIC = {"dashboard": ("DASHBOARD_ADDRESS", {"DASHBOARD_PORT": 8000}),
          "caddy": ("APPS_ADDRESS", {"HTTP_PORT": 8080, "HTTPS_PORT": 8443})}
LOOPBACK = {"rabbitmq": {"RABBITMQ_UI_PORT": 15672}, "postgres": {"POSTGRES_PORT": 5432},
            "registry": {"REGISTRY_PORT": 5000}}
LISTEN = "0A"      # a state in /proc/net/tcp


def published(container: dict) -> dict[tuple[str, int], int]:
    """(host address, host port) -> the container's port."""
    return {(place["HostIp"], int(place["HostPort"])): int(port.partition("/")[0])
            for port, places in (container["NetworkSettings"]["Ports"] or {}).items() for place in places or []}


def test_only_what_is_for_people_is_published(stack, platform):
    """Holds: the `ports` of docker-compose.yml."""
    settings = stack.api.settings
    expected = {}
    for service, (address, ports) in PUBLIC.items():
        expected[service] = {(settings[address], int(settings[key])): inner for key, inner in ports.items()}
    for service, ports in LOOPBACK.items():
        expected[service] = {("127.0.0.1", int(settings[key])): inner for key, inner in ports.items()}
    assert {name: published(item) for name, item in platform.items() if published(item)} == expected


def test_apps_publish_nothing(probe):
    """Holds: container_spec: no port of an app is on the host, Caddy alone leads to it."""
    assert published(probe.container) == {}


def test_the_kernel_agrees(stack, platform):
    """Holds: the same, by the listening sockets of this machine: none of the private ports on another address."""
    listening = host_listeners()
    for service, ports in LOOPBACK.items():
        for key in ports:
            port = int(stack.api.settings[key])
            assert listening.get(port, set()) <= {"127.0.0.1", "::1"}, (service, listening.get(port))


@pytest.mark.parametrize("key", [key for ports in LOOPBACK.values() for key in ports])
def test_the_machines_own_address_refuses_private_ports(stack, key):
    """Holds: the same, tried: from this machine to its outer address."""
    outer = outer_address()
    with pytest.raises(OSError):
        socket.create_connection((outer, int(stack.api.settings[key])), 3).close()


def test_a_fresh_installation_makes_nothing_else_public():
    """Holds: docker-compose.yml and .env.example as they are shipped, before anybody set an address."""
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    ports = {name: service["ports"] for name, service in services.items() if service.get("ports")}
    assert set(ports) == {*PUBLIC, *LOOPBACK}
    assert [line for name in LOOPBACK for line in ports[name] if not line.startswith("127.0.0.1:")] == []
    assert not [name for name, service in services.items() if service.get("network_mode", "none") != "none"
                or service.get("pid")]


def host_listeners() -> dict[int, set[str]]:
    """TCP port -> addresses that this machine listens on."""
    found: dict[int, set[str]] = {}
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            local, state = line.split()[1], line.split()[3]
            if state == LISTEN:
                address, _, port = local.partition(":")
                words = b"".join(struct.pack("=I", int(address[at:at + 8], 16)) for at in range(0, len(address), 8))
                found.setdefault(int(port, 16), set()).add(str(ipaddress.ip_address(words)))
    return found


def outer_address() -> str:
    """An IPv4 address of this machine that is not loopback; the engine's own bridge where it has no other."""
    listed = json.loads(answer(["ip", "-json", "-4", "address"]) or "[]")
    return next(place["local"] for link in listed for place in link["addr_info"] if not place["local"].startswith("127."))
