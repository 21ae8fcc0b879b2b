"""What the Docker Engine answers, and what it is asked to create: the parts that deployer reads or sets, by their names in
the engine's API. Every part may be absent or null where its class says `total=False`.
"""

from __future__ import annotations

from typing import Any, TypedDict


class Check(TypedDict, total=False):
    """One execution of a HEALTHCHECK."""

    Output: str


class Health(TypedDict, total=False):
    Status: str                    # starting, healthy, unhealthy
    Log: list[Check] | None        # the newest last


class State(TypedDict, total=False):
    """Of a container. Times as RFC 3339, UTC."""

    Status: str                    # created, running, restarting, exited, dead
    Running: bool
    OOMKilled: bool
    ExitCode: int
    StartedAt: str
    FinishedAt: str
    Health: Health | None


class Healthcheck(TypedDict, total=False):
    """As an image declares it. Times in ns."""

    Test: list[str]
    Interval: int
    Timeout: int
    StartPeriod: int
    StartInterval: int
    Retries: int


class Config(TypedDict, total=False):
    """What an image and a container both have."""

    Hostname: str
    Env: list[str] | None          # "NAME=value"
    Labels: dict[str, str] | None
    Entrypoint: list[str] | None
    Cmd: list[str] | None
    WorkingDir: str
    ExposedPorts: dict[str, Any] | None      # "8000/tcp" -> {}
    Volumes: dict[str, Any] | None
    Healthcheck: Healthcheck | None
    StopTimeout: int | None


class InspectedImage(TypedDict, total=False):
    Id: str
    Config: Config | None
    RepoTags: list[str] | None
    RepoDigests: list[str] | None
    Created: int


class NetworkSettings(TypedDict, total=False):
    Networks: dict[str, dict[str, Any]]      # name -> endpoint


class Inspected(TypedDict, total=False):
    """A container."""

    Id: str
    Name: str                      # with a slash before it
    Image: str
    Created: str
    RestartCount: int
    State: State
    Config: Config
    HostConfig: dict[str, Any]
    NetworkSettings: NetworkSettings


class Listed(TypedDict, total=False):
    """A container as a list shows it."""

    Id: str
    Names: list[str]
    State: str
    Created: int                   # seconds since 1970
    Labels: dict[str, str]
    Ports: list[dict[str, Any]]
    SizeRw: int
    NetworkSettings: NetworkSettings


class Network(TypedDict, total=False):
    Id: str
    Name: str
    Internal: bool
    IPAM: dict[str, Any] | None
    Options: dict[str, str] | None


class Body(TypedDict, total=False):
    """Of the call that creates a container."""

    Image: str
    Hostname: str
    Env: list[str]
    Labels: dict[str, str]
    Entrypoint: list[str]
    Cmd: list[str]
    Healthcheck: Healthcheck
    StopTimeout: int
    HostConfig: dict[str, Any]
    NetworkingConfig: dict[str, Any]


class Actor(TypedDict):
    ID: str
    Attributes: dict[str, str]     # a container's labels, its name, its exit code


class Event(TypedDict):
    Action: str
    Actor: Actor


class Stats(TypedDict):
    """One sample of a container's usage."""

    cpu_stats: dict[str, Any]
    memory_stats: dict[str, Any]


class DiskUsage(TypedDict, total=False):
    """Bytes."""

    LayersSize: int
    Containers: list[dict[str, Any]] | None
    Volumes: list[dict[str, Any]] | None
    BuildCache: list[dict[str, Any]] | None


class CommandEnd(TypedDict, total=False):
    """The last object of a command's stream. `code`: of the reason."""

    exit: int | None
    reason: str | None
    code: str | None
    reports: list[dict[str, str]]
