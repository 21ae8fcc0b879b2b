"""The facts about a machine, and the verdict on one of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from cli.host.osrelease import OsRelease

DEFAULT_ENDPOINT = "unix:///var/run/docker.sock"


@dataclass(frozen=True)
class EngineInfo:
    """What `docker version` and `docker info` report about an engine that answers.

    `security` holds names such as selinux and rootless; `memory` is in bytes; `mirrors` are
    the addresses that it asks before Docker Hub.
    """

    version: str
    system: str = ""
    components: tuple[str, ...] = ()
    cgroup: str = ""
    security: tuple[str, ...] = ()
    memory: int = 0
    limits: bool = True
    data_root: str = ""
    proxies: tuple[str, ...] = ()
    mirrors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Host:
    """A machine as `survey` found it. Texts are empty where the program or the fact is missing.

    `packages` are installed packages of an engine, `daemon` whether a dockerd program is there, `ours` whether
    Continuum began to install the engine. `error` is the client's reason for an engine that does not answer.
    """

    system: OsRelease
    platform: str = "linux"
    uid: int = 0
    client: str = ""
    context: str = "default"
    endpoint: str = DEFAULT_ENDPOINT
    engine: EngineInfo | None = None
    error: str = ""
    compose: str = ""
    buildx: str = ""
    packages: tuple[str, ...] = ()
    daemon: bool = False
    ours: bool = False
    socket_denied: bool = False

    @property
    def is_installed(self) -> bool:
        """Whether an engine is on this machine that must not be replaced."""
        return bool(self.packages or self.daemon or self.engine)

    @property
    def in_a_machine(self) -> bool:
        """Whether the engine runs in a virtual machine (Docker Desktop, OrbStack, Colima), with a socket of its own."""
        system = self.engine.system if self.engine else ""
        return self.platform == "darwin" or system.startswith(("Docker Desktop", "OrbStack", "Rancher Desktop"))


@dataclass(frozen=True)
class Check:
    """The verdict on one fact. `state` is ok, warning or problem; only a problem stops `up`."""

    name: str
    state: str
    found: str
    needed: str = ""
    next_step: str = field(default="", compare=False)

    def as_dict(self) -> dict[str, str]:
        return {"check": self.name, "state": self.state, "found": self.found, "needed": self.needed,
                "next": self.next_step}


def ok(name: str, found: str) -> Check:
    return Check(name, "ok", found)


def warning(name: str, found: str, needed: str = "", next_step: str = "") -> Check:
    return Check(name, "warning", found, needed, next_step)


def problem(name: str, found: str, needed: str, next_step: str) -> Check:
    return Check(name, "problem", found, needed, next_step)
