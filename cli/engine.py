"""The Docker Engine: found, or installed and started where that is ours to do.

On Debian and Ubuntu as root a missing engine is installed from the machine's
own package sources and started; anywhere else the error says what is missing
and what to do.
"""

import os
from dataclasses import dataclass

from cli import proc
from cli.daemon import start_daemon, stop_recorded_daemon
from cli.enginepackages import install_engine
from cli.errors import PlatformError
from cli.osrelease import OsRelease
from cli.progress import Progress

COMPOSE_MAJOR = 2
GUIDE = "install Docker Engine with Compose v2 (see docs.docker.com/engine/install)"


@dataclass(frozen=True)
class Engine:
    """A reachable engine. `started` tells whether this call started it."""

    version: str
    compose: str
    started: bool = False


def ensure_engine(progress: Progress) -> Engine:
    """A reachable engine with Compose v2 and buildx, installed and started if need be.

    Raises PlatformError that names the cause and the next step.
    """
    version = engine_version()
    if version and has_plugins():
        return Engine(version, compose_version())
    refuse_what_is_not_ours(version, OsRelease.read())
    with progress.task("Docker Engine") as task:
        if not has_plugins() or not has_daemon():
            progress.say("  no Docker Engine with Compose v2 here: installing Debian's or Ubuntu's own packages")
            install_engine(task)
        if not version:
            start_daemon(task)
    return Engine(engine_version() or "unknown", compose_version(), started=not version)


def stop_engine_we_started(progress: Progress) -> bool:
    """Stop the engine that an earlier call started in the background, its containers
    first. False where there is none: a machine's own engine is never touched."""
    return stop_recorded_daemon(progress)


def engine_version() -> str | None:
    """The engine's version, or None where none can be reached."""
    return proc.answer(["docker", "version", "--format", "{{.Server.Version}}"], timeout=15)


def compose_version() -> str:
    """Compose's version, "" where it is missing."""
    return (proc.answer(["docker", "compose", "version", "--short"]) or "").lstrip("v")


def has_plugins() -> bool:
    major = compose_version().split(".")[0]
    return major.isdigit() and int(major) >= COMPOSE_MAJOR and proc.answer(["docker", "buildx", "version"]) is not None


def has_daemon() -> bool:
    return proc.answer(["dockerd", "--version"]) is not None


def refuse_what_is_not_ours(version: str | None, system: OsRelease, user: int | None = None) -> None:
    """Raise unless installing or starting an engine here is something we may and can do."""
    host = os.environ.get("DOCKER_HOST")
    if host and not version:
        raise PlatformError(f"DOCKER_HOST is {host}, and no Docker Engine answers there",
                            "start that engine, or unset DOCKER_HOST to use this machine's own")
    if (os.geteuid() if user is None else user) != 0:
        raise PlatformError(*_why_not_without_root(version))
    if system.id not in ("debian", "ubuntu"):
        raise PlatformError(f"there is no Docker Engine with Compose v2, and {system.name} is none of the systems "
                            "(Debian, Ubuntu) where we install it", f"{GUIDE}, then run this again")


def _why_not_without_root(version: str | None) -> tuple[str, str]:
    if version:
        return "Docker Compose v2 or buildx is missing, and installing it needs root", f"{GUIDE}, or run this as root"
    if os.path.exists("/var/run/docker.sock") and not os.access("/var/run/docker.sock", os.W_OK):
        return ("you may not use the Docker Engine of this machine",
                "add yourself to the group docker (`sudo usermod -aG docker $USER`, then sign in again), or use sudo")
    return ("no Docker Engine answers, and installing or starting one needs root",
            f"run this as root once (`sudo ./continuum up`), or {GUIDE}")
