"""What a container is made from: inputs in, the body of the engine's create call out. Pure.

Nothing here can be made privileged: no field of any input reaches Privileged, Binds, Devices or a host namespace.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from common.wire.contracts import DeployConfig, DeployInputs
from common.wire.errors import Failure

from . import isolation, names, volumes
from .engine_answers import Body, Healthcheck, Inspected, InspectedImage

# What `_body` and `app_body` set of a HostConfig: a container that is made again gets these and nothing else.
COPIED = ("Privileged", "CapDrop", "CapAdd", "SecurityOpt", "Memory", "MemorySwap", "NanoCpus", "PidsLimit", "LogConfig",
          "RestartPolicy", "IpcMode", "CgroupnsMode", "PublishAllPorts", "Init", "NetworkMode", "Mounts", "StorageOpt")
START_INTERVAL = 500_000_000           # ns between HEALTHCHECK probes until the first success
# These insist on being PID 1, or are an init themselves: an init of ours before them breaks or doubles them.
PRODUCTION = "production"      # the environment that goes live; all others are previews
OWN_INITS = {"init", "tini", "tini-static", "dumb-init", "docker-init", "catatonit", "s6-svscan", "systemd",
             "runit", "runsvdir", "runit-init", "my_init", "supervise"}


@dataclass(frozen=True)
class ImageFacts:
    """What the engine says about an image; `ports` (TCP) and `udp` in ascending order, `entry` its ENTRYPOINT, else its
    CMD."""

    id: str
    env: dict[str, str] = field(default_factory=dict)
    ports: tuple[int, ...] = ()
    udp: tuple[int, ...] = ()
    volumes: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    entry: tuple[str, ...] = ()
    workdir: str = "/"
    healthcheck: Healthcheck | None = None          # the engine's Healthcheck, None where there is none or it is NONE

    @classmethod
    def of(cls, inspected: InspectedImage) -> ImageFacts:
        config = inspected.get("Config") or {}
        check = config.get("Healthcheck") or {}
        tested = (check.get("Test") or ["NONE"])[0] not in ("NONE", "")
        return cls(id=inspected["Id"], env=dict(item.split("=", 1) for item in config.get("Env") or [] if "=" in item),
                   ports=_ports(config.get("ExposedPorts") or {}, "tcp"),
                   udp=_ports(config.get("ExposedPorts") or {}, "udp"),
                   volumes=tuple(sorted(config.get("Volumes") or {})), labels=config.get("Labels") or {},
                   entry=tuple(config.get("Entrypoint") or config.get("Cmd") or ()),
                   workdir=config.get("WorkingDir") or "/", healthcheck=check if tested else None)


@dataclass(frozen=True)
class Place:
    """Where a container is put."""

    instance: str
    network: str
    shield: str | None          # the network that keeps it from link-local addresses
    cpus: int                   # that the engine has
    disk: int | None = None     # bytes of the writable layer; None: the engine cannot limit it


def app_body(inputs: DeployInputs, image: ImageFacts, place: Place, env: dict[str, str], name: str) -> dict:
    """The candidate. `env`: what the image's own environment is extended with, secrets in clear."""
    config = inputs.config
    body = _body(place, image, env, config)
    body["Hostname"] = name
    body["StopTimeout"] = round(config.grace)
    body["HostConfig"]["Mounts"] = (
        volumes.mounts(place.instance, inputs.repo.id, image.volumes, config.volumes)
        if inputs.environment == PRODUCTION else volumes.passing(image.volumes, config.volumes))
    if image.healthcheck:
        body["Healthcheck"] = _eager(image.healthcheck, config.health.timeout)
    body["Labels"] |= {names.ROLE: names.APP, names.REPO: str(inputs.repo.id), names.REPO_NAME: inputs.repo.path,
                       names.RUN: str(inputs.run), names.ATTEMPT: str(inputs.attempt),
                       names.DEPLOYMENT: str(inputs.deployment), names.COMMIT: inputs.commit,
                       names.DIGEST: inputs.image.digest, names.SECRETS: ",".join(sorted(inputs.config.secrets)),
                       names.SPEC: fingerprint(body)}
    return body


def command_body(image: ImageFacts, place: Place, env: dict[str, str], config: DeployConfig, argv: list[str],
                 labels: dict[str, str]) -> dict:
    """A one-off container: the same image, limits and network, another program; no volume of the app's.

    A test must not find, and not spoil, what the live app stores: VOLUMEs are anonymous and go with it.
    """
    body = _body(place, image, env, config)
    body |= {"Entrypoint": argv[:1], "Cmd": argv[1:], "Healthcheck": {"Test": ["NONE"]}, "StopTimeout": 2}
    body["Labels"] |= {names.ROLE: names.ONE_OFF} | labels
    return body


def again(found: Inspected) -> Body:
    """The body that makes a second container exactly like an inspected one: same image, configuration and volumes."""
    config, host = found["Config"], found["HostConfig"]
    body = {"Image": found["Image"], "Env": config.get("Env") or [], "Labels": config.get("Labels") or {},
            "Hostname": config["Hostname"],
            "HostConfig": {key: host[key] for key in COPIED if host.get(key) is not None},
            "NetworkingConfig": {"EndpointsConfig": {name: {} for name in found["NetworkSettings"]["Networks"]}}}
    return body | {key: config[key] for key in ("StopTimeout", "Healthcheck") if config.get(key) is not None}


def fingerprint(body: Body) -> str:
    """Alike for two containers that differ in nothing but which deployment they are."""
    same = {key: value for key, value in body.items() if key not in ("Labels", "Hostname", "Healthcheck")}
    return hashlib.sha256(json.dumps(same, sort_keys=True).encode()).hexdigest()


def _body(place: Place, image: ImageFacts, env: dict[str, str], config: DeployConfig) -> dict:
    return {
        "Image": image.id,
        "Env": [f"{key}={value}" for key, value in sorted(env.items())],
        "Labels": _disarmed(image.labels) | {names.INSTANCE: place.instance},
        "HostConfig": _limits(place, config) | {"Init": not has_own_init(image.entry), "NetworkMode": place.network},
        "NetworkingConfig": {"EndpointsConfig": {name: {} for name in (place.network, place.shield) if name}},
    }


def _limits(place: Place, config: DeployConfig) -> dict:
    return {
        "Privileged": False, "CapDrop": ["ALL"], "CapAdd": isolation.CAPABILITIES,
        "SecurityOpt": isolation.NO_NEW_PRIVILEGES,
        "Memory": config.memory, "MemorySwap": config.memory,         # equal: no swap
        "NanoCpus": round(min(config.cpus, place.cpus) * 1e9), "PidsLimit": config.pids,
        "LogConfig": isolation.LOGGING, "RestartPolicy": {"Name": "no"},
        "IpcMode": "private", "CgroupnsMode": "private", "PublishAllPorts": False,
        **({"StorageOpt": {"size": str(place.disk)}} if place.disk else {}),
    }


def has_own_init(entry: tuple[str, ...]) -> bool:
    return bool(entry) and entry[0].rsplit("/", 1)[-1] in OWN_INITS


def environment(image: ImageFacts, config: DeployConfig, port: int, secrets: dict[str, str]) -> dict[str, str]:
    """What the container gets beyond its image's ENV; raises Failure where a secret and a variable collide."""
    both = sorted(set(config.env) & set(secrets))
    if both:
        raise Failure(f"{', '.join(both)} is both in deploy.env and in deploy.secrets: keep one of them")
    default = {} if "PORT" in image.env else {"PORT": str(port)}
    return default | config.env | secrets


def _eager(check: Healthcheck, timeout: float) -> Healthcheck:
    """The image's HEALTHCHECK, asked often until its first success; failures do not count before our timeout."""
    start = max(check.get("StartPeriod") or 0, round(timeout * 1e9))
    return {"StartPeriod": start, "StartInterval": START_INTERVAL}


def _disarmed(labels: dict[str, str]) -> dict[str, str]:
    """An image's labels become its containers': those by which others find their own are emptied."""
    ours = {key: "" for key in labels if key.startswith("continuum.")}
    return ours | {key: "" for key in labels if key.startswith(names.FOREIGN)}


def _ports(exposed: Iterable[str], protocol: str) -> tuple[int, ...]:
    """Of EXPOSE (`80/tcp`, or `80` for TCP), in ascending order."""
    pairs = [(port if "/" in port else f"{port}/tcp").split("/") for port in exposed]
    return tuple(sorted({int(number) for number, kind in pairs if kind == protocol}))
