"""The deployer's settings, from the environment (docs/contracts.md)."""

from __future__ import annotations

from ipaddress import IPv4Network

from pydantic import Field, SecretStr, field_validator

from common.worker.app import WorkerSettings

from .isolation import REPO_PREFIX


class DeployerSettings(WorkerSettings):
    registry_from_engine: str = "127.0.0.1:5001"
    deployer_seal_key: SecretStr                       # base64 of 32 bytes
    apps_subnet_pool: IPv4Network = IPv4Network("10.201.0.0/16")
    apps_public_url: str = "http://{app}.localhost:8080"
    # Off where the host's only DNS server has a link-local address (some clouds): apps would resolve no name.
    apps_block_link_local: bool = True
    routes_dir: str = "/routes"
    caddy_admin: str = "unix:///run/caddy/admin.sock"
    docker_host: str = "unix:///run/engine/engine.sock"      # of engine_proxy, which has Docker's socket
    probe_image: str                                   # deployer's own image, or another that is there and has `cat`
    command_report_mb: int = Field(default=64, ge=1)   # read at most this much while looking for JUnit files

    @field_validator("apps_subnet_pool")
    @classmethod
    def _room(cls, pool: IPv4Network) -> IPv4Network:
        if pool.prefixlen > REPO_PREFIX:
            raise ValueError(f"a pool of at least a /{REPO_PREFIX} is needed")
        return pool
