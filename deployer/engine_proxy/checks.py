"""What the body of a request may say in this installation. Each check raises Refused, or returns what is passed on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Network

from .. import isolation, names
from ..isolation import is_shield
from .bodies import AppBody, ConnectBody, DisconnectBody, Mount, NetworkBody, ProbeBody, UpdateBody
from .lookups import Lookups, image_id
from .refused import Refused

IN_OTHER_NETWORK = "container:"
DIGITS = re.compile(r"[0-9]+")


@dataclass(frozen=True)
class Installation:
    """`registry`: as the engine reaches it; `pool`: of the apps' networks."""

    instance: str
    registry: str
    pool: IPv4Network
    probe_image: str


@dataclass(frozen=True)
class Checks:
    ours: Installation
    lookups: Lookups

    async def create_container(self, body: dict) -> dict:
        host = body.get("HostConfig")
        mode = host.get("NetworkMode") if isinstance(host, dict) else None
        if isinstance(mode, str) and mode.startswith(IN_OTHER_NETWORK):
            return await self._probe(ProbeBody.model_validate(body), mode.removeprefix(IN_OTHER_NETWORK))
        return await self._app(AppBody.model_validate(body))

    async def _probe(self, body: ProbeBody, beside: str) -> dict:
        _same("Image", body.image, self.ours.probe_image)
        _same("Labels", body.labels, {names.INSTANCE: self.ours.instance, names.ROLE: names.ONE_OFF})
        app = await self.lookups.container(beside)
        if app.role != names.APP:
            raise Refused(f"HostConfig.NetworkMode: container {beside} is not an app of this instance")
        body.host_config.network_mode = IN_OTHER_NETWORK + app.id
        return body.sent()

    async def _app(self, body: AppBody) -> dict:
        host, repo = body.host_config, body.labels.get(names.REPO, "")
        _same("HostConfig.MemorySwap", host.memory_swap, host.memory)
        if not DIGITS.fullmatch(repo):
            raise Refused(f"Labels: {names.REPO} must be the number of a repository")
        image = await self.lookups.image_of_ours(image_id(body.image))
        self._labels(((image.get("Config") or {}).get("Labels") or {}) | body.labels)
        for name in {host.network_mode, *body.networking_config.endpoints_config}:
            await self._network_of_app(name, repo)
        for mount in host.mounts:
            self._mount(mount, repo)
        return body.sent()

    def _labels(self, labels: dict[str, str]) -> None:
        """`labels`: the image's and the body's: no program may take the container for something else."""
        _same(f"Labels: {names.INSTANCE}", labels.get(names.INSTANCE), self.ours.instance)
        if labels.get(names.ROLE) not in (names.APP, names.ONE_OFF):
            raise Refused(f"Labels: {names.ROLE} must be {names.APP} or {names.ONE_OFF}")
        for key, value in labels.items():
            if value and key.startswith(names.FOREIGN):
                raise Refused(f"Labels: {key} steers another program and must be empty")

    async def _network_of_app(self, name: str, repo: str) -> None:
        if name == f"{self.ours.instance}-repo-{repo}":
            return
        if not is_shield(await self.lookups.network(name)):
            raise Refused(f"network {name} is not that of repository {repo}")

    def _mount(self, mount: Mount, repo: str) -> None:
        if mount.source is None:
            _same("Mounts: VolumeOptions", mount.volume_options, None)
            return
        if not re.fullmatch(re.escape(f"{self.ours.instance}-repo-{repo}-") + "[0-9a-f]{12}", mount.source):
            raise Refused(f"Mounts: {mount.source} is not a volume of repository {repo}")
        labels = mount.volume_options.labels if mount.volume_options else None
        _same("Mounts: VolumeOptions.Labels", labels, {names.INSTANCE: self.ours.instance, names.REPO: repo})

    async def create_network(self, body: dict) -> dict:
        asked = NetworkBody.model_validate(body)
        repo = names.repo_of_network(self.ours.instance, asked.name)
        if repo is not None:
            self._network_of_repo(asked, repo)
        elif asked.name == isolation.SHIELD and asked.ipam:
            shield = {"Options": asked.options, "Internal": asked.internal, "IPAM": asked.ipam.sent()}
            if not is_shield(shield) or asked.labels:
                raise Refused(f"network {asked.name} must hide link-local addresses, and nothing else")
        else:
            self._placeholder(asked)
        return asked.sent()

    def _network_of_repo(self, asked: NetworkBody, repo: int) -> None:
        _same("Labels", asked.labels, {names.INSTANCE: self.ours.instance, names.REPO: str(repo)})
        _same("Internal", asked.internal, False)
        if set(asked.options) - {isolation.MTU} or not DIGITS.fullmatch(asked.options.get(isolation.MTU, "0")):
            raise Refused("Options: only the MTU may be set")
        if asked.ipam is None or not self._in_pool(asked.ipam.config[0].subnet):
            raise Refused(f"IPAM: a /{isolation.REPO_PREFIX} of {self.ours.pool} is needed")

    def _in_pool(self, subnet: str) -> bool:
        try:
            wanted = IPv4Network(subnet)
        except ValueError:
            return False
        return wanted.prefixlen == isolation.REPO_PREFIX and wanted.subnet_of(self.ours.pool)

    def _placeholder(self, asked: NetworkBody) -> None:
        """It has the name of a network that is gone while a container is taken off that (networks.py), and no member."""
        _same("Labels", asked.labels, {names.INSTANCE: self.ours.instance})
        if not asked.internal or asked.ipam or asked.options or asked.name.startswith(self.ours.instance):
            raise Refused(f"network {asked.name} is not one that deployer makes")

    async def network_of_ours(self, name: str) -> dict:
        """A repository's network, or a placeholder; raises Refused, Answered."""
        found = await self.lookups.network(name)
        labels = found.get("Labels") or {}
        if labels.get(names.INSTANCE) != self.ours.instance or any(key.startswith(names.FOREIGN) for key in labels):
            raise Refused(f"network {name} is not one that deployer made")
        return found

    async def read_network(self, name: str) -> dict:
        """Also the engine's default network, whose MTU the others get, and the shield."""
        found = await self.lookups.network(name)
        if found["Name"] == "bridge" or is_shield(found):
            return found
        return await self.network_of_ours(name)

    async def connect(self, network: str, body: dict) -> tuple[str, dict]:
        """(the network's id, the body): an app to its repository's network or to the shield, a service of ours to a
        repository's network."""
        asked = ConnectBody.model_validate(body)
        found, container = await self.read_network(network), await self.lookups.container(asked.container)
        repo = (found.get("Labels") or {}).get(names.REPO)
        app = container.role is not None and (is_shield(found) or (repo and container.repo == repo))
        if not app and not (container.peer and repo):
            raise Refused(f"container {asked.container} does not belong on network {network}")
        asked.container = container.id
        return found["Id"], asked.sent()

    async def disconnect(self, network: str, body: dict) -> tuple[str, dict]:
        """(the network's id, the body): anybody from a repository's network, an app from the shield. The engine takes a
        container off a network that is gone by the network's name alone, so here the name stays where they differ."""
        asked = DisconnectBody.model_validate(body)
        found, container = await self.read_network(network), await self.lookups.container(asked.container)
        if not (is_shield(found) and container.role is not None):
            found = await self.network_of_ours(network)
        asked.container = container.id
        return network, asked.sent()

    async def removable_volume(self, name: str) -> dict:
        found = await self.lookups.volume(name)
        labels = found.get("Labels") or {}
        ours = labels.get(names.INSTANCE) == self.ours.instance and labels.get(names.REPO, "")
        if not ours or not name.startswith(f"{self.ours.instance}-repo-{labels[names.REPO]}-"):
            raise Refused(f"volume {name} is not an app's")
        return found

    async def update(self, body: dict) -> dict:
        return UpdateBody.model_validate(body).sent()


def _same(what: str, value: object, wanted: object) -> None:
    if value != wanted:
        raise Refused(f"{what} must be {wanted!r}")
