"""Networks: one a repository, made once; the services that must reach the apps are connected to each.

The shield is one more network for all apps: its subnet is the whole link-local range, with nobody on it, so that a
cloud's metadata service (169.254.169.254) is out of an app's reach. Containers on it do not reach each other
(`enable_icc=false`; the engine refuses to make it where the kernel cannot hold that), and the host has no address
there (`inhibit_ipv4`), so the host's own routes stay as they are. An engine has each subnet once, so all
installations on one engine share it, and none removes it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network

from docker.errors import APIError, NotFound

from common.wire.errors import StageError

from . import names
from .engine import Engine, explain
from .engine_answers import Listed
from .isolation import LINK_LOCAL, MTU, REPO_PREFIX, SHIELD, SHIELD_OPTIONS, is_peer, is_shield

log = logging.getLogger(__name__)



class Networks:
    def __init__(self, engine: Engine, pool: IPv4Network, block_link_local: bool = True):
        self._engine, self._pool, self._block = engine, pool, block_link_local
        self._lock = threading.Lock()

    def for_repo(self, repo: int) -> str:
        """The repository's network with every peer on it, made at the first call; its name."""
        name = names.network(self._engine.instance, repo)
        with self._lock:
            found = self._find(name) or self._make(name, {names.INSTANCE: self._engine.instance,
                                                          names.REPO: str(repo)})
            inside = set(found.get("Containers") or {})
            for peer in self.peers():
                if peer["Id"] not in inside:
                    self._connect(name, peer)
        return name

    def shield(self) -> str | None:
        """The network that hides link-local addresses; None where the settings or the engine say no."""
        if not self._block:
            return None
        with self._lock:
            found = next(filter(is_shield, self._engine.api.networks()), None)
            return found["Name"] if found else self._make_shield()

    def start(self, container: str) -> None:
        """Start a container, also one whose networks were removed while it was stopped."""
        try:
            self._engine.api.start(container)
        except NotFound as problem:
            if "network" not in explain(problem):
                raise
            self._mend(container)
            self._engine.api.start(container)

    def remove(self, repo: int) -> None:
        """The repository's network, once its containers are gone; repeatable."""
        name = names.network(self._engine.instance, repo)
        with self._lock:
            found = self._find(name)
            for peer in (found or {}).get("Containers") or {}:
                self._engine.api.disconnect_container_from_network(peer, name, force=True)
            if found:
                self._engine.api.remove_network(name)

    def _mend(self, container: str) -> None:
        """A network that was made anew is another one to the engine, though its name is the same."""
        for name, endpoint in self._engine.inspect(container)["NetworkSettings"]["Networks"].items():
            if self._find(endpoint["NetworkID"] or name):
                continue
            log.info("network %s of %s is gone, connecting it to its successor", name, container[:12])
            self._succeed(container, name)

    def _succeed(self, container: str, gone: str) -> None:
        repo = names.repo_of_network(self._engine.instance, gone)
        successor = self.for_repo(repo) if repo is not None else self.shield()
        if successor != gone:                       # the engine forgets by name alone, so the name must be there
            self._create(gone, None, {names.INSTANCE: self._engine.instance}, {}, internal=True)
        self._engine.api.disconnect_container_from_network(container, gone, force=True)
        if successor != gone:
            self._engine.api.remove_network(gone)
        if successor:
            self._engine.api.connect_container_to_network(container, successor)

    def _make_shield(self) -> str | None:
        try:
            self._create(SHIELD, LINK_LOCAL, {}, SHIELD_OPTIONS, internal=True)
        except APIError as problem:
            log.warning("apps can reach link-local addresses, such as a cloud's metadata service: %s", explain(problem))
            return None
        return SHIELD

    def peers(self) -> list[dict]:
        """Running containers of Caddy, deployer and tester of this instance, as the engine lists them."""
        listed = self._engine.api.containers(filters={"label": f"{names.PROJECT}={self._engine.instance}"})
        return [item for item in listed if is_peer(item["Labels"], self._engine.instance)]

    def connect_everywhere(self) -> None:
        """Connect every peer to every repository's network: at start, and when a peer was re-created."""
        ours = self._engine.api.networks(filters={"label": f"{names.INSTANCE}={self._engine.instance}"})
        for network in ours:
            repo = names.repo_of_network(self._engine.instance, network["Name"])
            if repo is not None:
                self.for_repo(repo)

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
        raise StageError(f"no free network is left in {self._pool}: widen APPS_SUBNET_POOL in .env, "
                         "or remove repositories that are no longer used")

    def _create(self, name: str, subnet: str | None, labels: dict[str, str], options: dict[str, str],
                internal: bool = False) -> None:
        try:
            self._engine.api.create_network(
                name, driver="bridge", options=options, internal=internal, check_duplicate=True,
                ipam={"Driver": "default", "Config": [{"Subnet": subnet}]} if subnet else None,
                labels=labels)
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

    def _connect(self, network: str, peer: Listed) -> None:
        _warn_of_gateway(network, peer)
        try:
            self._engine.api.connect_container_to_network(peer["Id"], network)
        except APIError as problem:
            if problem.status_code != 404 and "already exists" not in explain(problem):
                raise
            log.info("not connecting %s to %s: %s", peer["Names"], network, explain(problem))


def free_subnets(pool: IPv4Network, taken: Iterable[IPv4Network]) -> Iterator[IPv4Network]:
    """Subnets of the pool that overlap none of `taken`, lowest first."""
    ours = [network for network in taken if network.overlaps(pool)]
    for subnet in pool.subnets(new_prefix=REPO_PREFIX):
        if not any(subnet.overlaps(network) for network in ours):
            yield subnet


def _warn_of_gateway(network: str, peer: Listed) -> None:
    """Engines before 28 give a container's default route, and with it its published ports, to the network whose
    name sorts first: a new one before Caddy's own would cut every connection through its ports."""
    outer = [name for name in (peer.get("NetworkSettings") or {}).get("Networks") or {}]
    if peer.get("Ports") and any(port.get("PublicPort") for port in peer["Ports"]) and min(outer, default="") > network:
        log.warning("%s publishes ports on a network that sorts after %s: connecting it interrupts them; "
                    "give that network a name that sorts first", peer["Names"], network)
