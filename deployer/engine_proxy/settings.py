"""The settings, from the environment: those of deployer that say what belongs to this installation."""

from __future__ import annotations

from ipaddress import IPv4Network

from pydantic import BaseModel


class ProxySettings(BaseModel):
    continuum_instance: str
    registry_from_engine: str
    apps_subnet_pool: IPv4Network
    probe_image: str
    engine_socket: str = "/var/run/docker.sock"
    listen_on: str = "/run/engine/engine.sock"
    log_level: str = "INFO"
