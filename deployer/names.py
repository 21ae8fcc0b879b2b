"""Names and labels of what the deployer makes. Pure."""

from __future__ import annotations

import hashlib
import re

INSTANCE = "continuum.instance"
REPO = "continuum.repo"
REPO_NAME = "continuum.repo.name"
RUN = "continuum.run"
ATTEMPT = "continuum.attempt"
DEPLOYMENT = "continuum.deployment"
COMMIT = "continuum.commit"
DIGEST = "continuum.digest"
ROLE = "continuum.role"
COMMAND = "continuum.command"
SPEC = "continuum.spec"              # fingerprint of what the container was made from, its deployment apart
SECRETS = "continuum.secrets"        # names of the variables that hold secrets

APP, ONE_OFF = "app", "command"      # values of ROLE

PROJECT = "com.docker.compose.project"
SERVICE = "com.docker.compose.service"
FOREIGN = ("com.docker.compose.", "com.docker.stack.", "com.docker.swarm.")   # labels that steer other programs

MAX_NAME = 63                        # a DNS label (RFC 1035): the name is also how the container is reached


def slug(text: str) -> str:
    """Lower-case letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "app"


def container(instance: str, repo_name: str, deployment: int, attempt: int) -> str:
    end = f"-{deployment}" + (f"-{attempt}" if attempt > 1 else "")
    return _fit(f"{slug(instance)}-{slug(repo_name)}", end)


def renewed(name: str) -> str:
    """Of a container that takes the place of the one called `name`: `x-17` -> `x-17-r1` -> `x-17-r2`."""
    match = re.fullmatch(r"(.+)-r([0-9]+)", name)
    start, number = (match[1], int(match[2]) + 1) if match else (name, 1)
    return _fit(start, f"-r{number}")


def command(instance: str, command_id: str) -> str:
    digest = hashlib.sha256(command_id.encode()).hexdigest()[:8]
    return _fit(f"{slug(instance)}-command-{slug(command_id)}", f"-{digest}")


def network(instance: str, repo: int) -> str:
    return f"{instance}-repo-{repo}"


def repo_of_network(instance: str, name: str) -> int | None:
    """Id of the repository whose network is called so."""
    match = re.fullmatch(re.escape(network(instance, 0)[:-1]) + r"([0-9]+)", name)
    return int(match[1]) if match else None


def volume(instance: str, repo: int, path: str) -> str:
    return f"{instance}-repo-{repo}-{hashlib.sha256(path.encode()).hexdigest()[:12]}"


def _fit(start: str, end: str) -> str:
    return start[:MAX_NAME - len(end)].rstrip("-") + end
