"""Volumes: one a repository and path, kept across versions; anonymous ones for previews alone. Pure."""

from __future__ import annotations

import posixpath

from common.wire.errors import Failure

from . import names

KERNEL = ("/proc", "/sys", "/dev", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf")


def mounts(instance: str, repo: int, declared: tuple[str, ...], asked: list[str]) -> list[dict]:
    """The engine's Mounts for the image's VOLUMEs and the config's `volumes`; raises Failure for a bad path."""
    paths = _paths(declared, asked)
    labels = {names.INSTANCE: instance, names.REPO: str(repo)}
    return [{"Type": "volume", "Source": names.volume(instance, repo, path), "Target": path,
             "VolumeOptions": {"Labels": labels}} for path in paths]


def passing(declared: tuple[str, ...], asked: list[str]) -> list[dict]:
    """The same places, empty, and gone with their container: a preview neither sees nor spoils what the app stores."""
    return [{"Type": "volume", "Target": path} for path in _paths(declared, asked)]


def _paths(declared: tuple[str, ...], asked: list[str]) -> list[str]:
    return sorted({posixpath.normpath(path) for path in declared} | {_checked(path) for path in asked})


def _checked(path: str) -> str:
    clean = posixpath.normpath(path)
    if not path.startswith("/") or ":" in path or "\0" in path:
        raise Failure(f"deploy.volumes: {path!r} is no absolute path in the container, such as /data; "
                      "folders of the host cannot be mounted")
    if clean.startswith("//") or clean == "/" or any(clean == item or clean.startswith(f"{item}/") for item in KERNEL):
        raise Failure(f"deploy.volumes: {path!r} cannot be a volume")
    return clean
