"""Docker's userland proxy: a program for each published port, which this machine's own connections go through.

It holds two files for each connection. Once it may open no more it ends without a word, and nothing of this machine
reaches the port until the container starts again. The kernel does its work as well, where it is told to.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from cli.host.model import Check, ok, warning

SETTINGS = Path("/etc/docker/daemon.json")
KEY = "userland-proxy"
# The engine writes the like of it for each of its networks, and starts none where it cannot.
LOOPBACK_ROUTES = Path("/proc/sys/net/ipv4/conf/all/route_localnet")
FILES_EACH = 2


def turn_off(settings: Path = SETTINGS, routes: Path = LOOPBACK_ROUTES) -> bool:
    """Tell an engine that is about to be installed to do without the proxy. False where that is not ours to say: the
    file names the setting already, is not JSON, or this kernel's routes cannot be set."""
    try:
        found = json.loads(settings.read_text()) if settings.exists() else {}
    except ValueError:
        return False      # dockerd itself says what is wrong with it
    if not isinstance(found, dict) or KEY in found or not os.access(routes, os.W_OK):
        return False
    settings.parent.mkdir(parents=True, exist_ok=True)
    unfinished = settings.with_name(f"{settings.name}.continuum")
    unfinished.write_text(json.dumps({**found, KEY: False}, indent=2) + "\n")
    unfinished.replace(settings)
    return True


def check(processes: Path = Path("/proc")) -> Check:
    """Whether published ports of this machine's engine end when they have too many connections."""
    proxies = [folder for folder in processes.glob("[0-9]*") if _name(folder) == "docker-proxy"]
    if not proxies:
        return ok("published ports", "the kernel forwards them")
    most = min((limit // FILES_EACH for limit in map(_open_files, proxies) if limit), default=0)
    at = f"about {most:,}" if most else "some thousand"
    return warning("published ports", f"Docker's userland proxy forwards this machine's own connections to them, and ends for "
                   f"good at {at} of them at a time", "forwarding by the kernel",
                   f'set "{KEY}": false in {SETTINGS} and restart the engine; until then, `docker restart` of the container '
                   "brings back a port that stopped")


def _name(folder: Path) -> str:
    try:
        return (folder / "comm").read_text().strip()
    except OSError:      # it ended meanwhile
        return ""


def _open_files(folder: Path) -> int:
    """How many files a process may have open; 0 where that is not told to us."""
    try:
        lines = (folder / "limits").read_text().splitlines()
    except OSError:
        return 0
    soft = next((line.split()[3] for line in lines if line.startswith("Max open files")), "")
    return int(soft) if soft.isdigit() else 0
