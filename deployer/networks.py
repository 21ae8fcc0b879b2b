"""Networks: one a repository, made once; the services that must reach the apps are connected to each.

The shield is one more network for all apps: its subnet is the whole link-local range, with nobody on it, so that a
cloud's metadata service (169.254.169.254) is out of an app's reach. Containers on it do not reach each other
(`enable_icc=false`; the engine refuses to make it where the kernel cannot hold that), and the host has no address
there (`inhibit_ipv4`), so the host's own routes stay as they are.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network

from docker.errors import APIError, NotFound

from common.errors import Failure

from . import names
from .engine import Engine, explain
from .settings import REPO_PREFIX

log = logging.getLogger(__name__)

PEERS = {"caddy", "deployer", "tester"}
LINK_LOCAL = "169.254.0.0/16"
MTU = "com.docker.network.driver.mtu"
SHIELD_OPTIONS = {"com.docker.network.bridge.enable_icc": "false", "com.docker.network.bridge.inhibit_ipv4": "true"}


class Networks:
    def __init__(self, engine: Engine, pool: IPv4Network, block_link_local: bool = True):
        self._engine, self._pool, self._block = engine, pool, block_link_local
        self._lock = threading.Lock()
        self._shield: str | None = None

    def for_repo(self, repo: int) -> str:
        """The repository's network with every peer on it, made at the first call; its name."""
        name = names.network(self._engine.instance, repo)
        with self._lock:
            found = self._find(name) or self._make(name, {names.REPO: str(repo)})
            inside = set(found.get("Containers") or {})
            for peer in self.peers():
                if peer["Id"] not in inside:
                    self._connect(name, peer)
        return name

    def shield(self) -> str | None:
        """The network that hides link-local addresses; None where the settings say no."""
        if not self._block:
            return None
        with self._lock:
            if self._shield is None:
                name = names.shield(self._engine.instance)
                if not self._find(name):
                    self._create(name, LINK_LOCAL, {}, SHIELD_OPTIONS, internal=True)
                self._shield = name
        return self._shield

    def peers(self) -> list[dict]:
        """Running containers of Caddy, deployer and tester of this instance, as the engine lists them."""
        if not self._engine.project:
            return []
        listed = self._engine.api.containers(filters={"label": f"{names.PROJECT}={self._engine.project}"})
        return [item for item in listed if is_peer(item["Labels"], self._engine.project)]

    def connect_everywhere(self) -> None:
        """Connect every peer to every repository's network: at start, and when a peer was re-created."""
        ours = self._engine.api.networks(filters={"label": f"{names.INSTANCE}={self._engine.instance}"})
        for network in ours:
            if names.is_repo_network(self._engine.instance, network["Name"]):
                self.for_repo(int(network["Labels"][names.REPO]))

    def _find(self, name: str) -> dict | None:
        try:
            return self._engine.api.inspect_network(name)
        except NotFound:
            return None

    def _make(self, name: str, labels: dict[str, str]) -> dict:
        taken = [IPv4Network(subnet) for subnet in self._taken()]
        for subnet in free_subnets(self._pool, taken):
            try:
                self._create(name, str(subnet), labels, self._mtu())
                return {}
            except APIError as problem:
                if "overlap" not in explain(problem).lower():     # somebody took that subnet just now
                    raise
        raise Failure(f"no free network is left in {self._pool}: widen APPS_SUBNET_POOL in .env, "
                      "or remove repositories that are no longer used")

    def _create(self, name: str, subnet: str, labels: dict, options: dict, internal: bool = False) -> None:
        try:
            self._engine.api.create_network(
                name, driver="bridge", options=options, internal=internal, check_duplicate=True,
                ipam={"Driver": "default", "Config": [{"Subnet": subnet}]},
                labels={names.INSTANCE: self._engine.instance} | labels)
        except APIError as problem:
            if problem.status_code != 409:                        # another deployer made it just now
                raise

    def _taken(self) -> Iterator[str]:
        for network in self._engine.api.networks():
            for part in (network.get("IPAM") or {}).get("Config") or []:
                if ":" not in part.get("Subnet", ":"):
                    yield part["Subnet"]

    def _mtu(self) -> dict[str, str]:
        """The engine's `--mtu` reaches its default bridge alone; ours must be told."""
        bridge = self._find("bridge") or {}
        value = (bridge.get("Options") or {}).get(MTU)
        return {MTU: value} if value else {}

    def _connect(self, network: str, peer: dict) -> None:
        _warn_of_gateway(network, peer)
        try:
            self._engine.api.connect_container_to_network(peer["Id"], network)
        except APIError as problem:
            if problem.status_code != 404 and "already exists" not in explain(problem):
                raise
            log.info("not connecting %s to %s: %s", peer["Names"], network, explain(problem))


def is_peer(labels: dict[str, str], project: str) -> bool:
    """Ours by compose's labels; never what we deployed, whose image may claim any label."""
    return (labels.get(names.PROJECT) == project and labels.get(names.SERVICE) in PEERS
            and names.ROLE not in labels)


def free_subnets(pool: IPv4Network, taken: Iterable[IPv4Network]) -> Iterator[IPv4Network]:
    """Subnets of the pool that overlap none of `taken`, lowest first."""
    ours = [network for network in taken if network.overlaps(pool)]
    for subnet in pool.subnets(new_prefix=REPO_PREFIX):
        if not any(subnet.overlaps(network) for network in ours):
            yield subnet


def _warn_of_gateway(network: str, peer: dict) -> None:
    """Engines before 28 give a container's default route, and with it its published ports, to the network whose
    name sorts first: a new one before Caddy's own would cut every connection through its ports."""
    outer = [name for name in (peer.get("NetworkSettings") or {}).get("Networks") or {}]
    if peer.get("Ports") and any(port.get("PublicPort") for port in peer["Ports"]) and min(outer, default="") > network:
        log.warning("%s publishes ports on a network that sorts after %s: connecting it interrupts them; "
                    "give that network a name that sorts first", peer["Names"], network)
