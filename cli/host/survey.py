"""Ask the machine's programs what is there. Nothing is changed; each question is bounded in time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import which

from cli.host.aptsources import APT
from cli.host.model import DEFAULT_ENDPOINT, EngineInfo, Host
from cli.host.osrelease import OsRelease
from cli.host.packages import NAME

SECONDS = 15
ENGINE_PACKAGES = ("docker-ce", "containerd.io", "docker.io", "moby-engine", "podman-docker")
ASKED = {
    "client": ["docker", "--version"],
    "context": ["docker", "context", "inspect"],
    "version": ["docker", "version", "--format", "{{json .}}"],
    "info": ["docker", "info", "--format", "{{json .}}"],
    "compose": ["docker", "compose", "version", "--short"],
    "buildx": ["docker", "buildx", "version"],
    "packages": ["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\n", *ENGINE_PACKAGES],
    "snap": ["snap", "list", "docker"],
}


def survey(system: OsRelease | None = None, uid: int | None = None, platform: str = sys.platform,
           apt: Path = APT) -> Host:
    """Return the facts about this machine. Takes as long as its slowest question, 15 s at most."""
    with ThreadPoolExecutor(len(ASKED)) as threads:
        replies = dict(zip(ASKED, threads.map(_ask, ASKED.values()), strict=True))
    context, endpoint = _context(replies["context"][1])
    packages = _packages(replies["packages"][1], snap=replies["snap"][0] == 0)
    socket = endpoint.removeprefix("unix://")
    return Host(
        system=system or OsRelease.read(), platform=platform, uid=os.geteuid() if uid is None else uid,
        client=_good(replies["client"]), context=context, endpoint=endpoint,
        engine=_engine(replies["version"][1], replies["info"][1]), error=_last_line(replies["version"][2]),
        compose=_good(replies["compose"]).lstrip("v"), buildx=_buildx(_good(replies["buildx"])),
        packages=packages, daemon=which("dockerd") is not None,
        ours=(apt / "sources.list.d" / f"{NAME}.sources").exists() and not {"docker-ce", "containerd.io"} & set(packages),
        socket_denied=os.path.exists(socket) and not os.access(socket, os.W_OK))


def _ask(argv: list[str]) -> tuple[int, str, str]:
    """Exit code, output and error output; 127 where the program is missing, 124 where it takes too long."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, errors="replace", timeout=SECONDS,
                              stdin=subprocess.DEVNULL)
    except (FileNotFoundError, PermissionError):
        return 127, "", ""
    except subprocess.TimeoutExpired:
        return 124, "", f"`{' '.join(argv[:2])}` did not answer within {SECONDS} s"
    return done.returncode, done.stdout.strip(), done.stderr.strip()


def _good(reply: tuple[int, str, str]) -> str:
    return reply[1] if reply[0] == 0 else ""


def _last_line(text: str) -> str:
    return text.splitlines()[-1] if text else ""


def _json(text: str) -> dict:
    """An object from JSON, {} where the program printed something else."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _context(text: str) -> tuple[str, str]:
    """Name and endpoint of the current context; the client takes DOCKER_HOST and DOCKER_CONTEXT into account."""
    try:
        first = json.loads(text)[0]
        name, endpoint = first["Name"], first["Endpoints"]["docker"]["Host"]
    except (ValueError, LookupError, TypeError):
        name, endpoint = os.environ.get("DOCKER_CONTEXT") or "default", ""
    return name, os.environ.get("DOCKER_HOST") or endpoint or DEFAULT_ENDPOINT


def _engine(version: str, info: str) -> EngineInfo | None:
    server = _json(version).get("Server") or {}
    if not server.get("Version"):
        return None
    facts = _json(info)
    return EngineInfo(
        version=server["Version"], system=facts.get("OperatingSystem") or "",
        components=tuple(part.get("Name", "") for part in server.get("Components") or ()),
        cgroup=facts.get("CgroupVersion") or "",
        security=tuple(option.partition("name=")[2].partition(",")[0] for option in facts.get("SecurityOptions") or ()),
        memory=facts.get("MemTotal") or 0,
        limits=facts.get("MemoryLimit", True) and facts.get("PidsLimit", True),
        data_root=facts.get("DockerRootDir") or "",
        proxies=tuple(facts[key] for key in ("HttpProxy", "HttpsProxy") if facts.get(key)),
        mirrors=tuple((facts.get("RegistryConfig") or {}).get("Mirrors") or ()))


def _packages(listed: str, *, snap: bool) -> tuple[str, ...]:
    rows = [line.split() for line in listed.splitlines()]
    found = tuple(row[0] for row in rows if row[1:] == ["installed"])
    return found + (("snap docker",) if snap else ())


def _buildx(text: str) -> str:
    """The version in "github.com/docker/buildx v0.13.1 commit"."""
    words = text.split()
    return words[1].lstrip("v") if len(words) > 1 else ""
