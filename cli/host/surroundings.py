"""What surrounds the engine: disk, cache, ports, names, proxy, CA, registries and the clock.

Nothing is changed. Every question to the network is one GET or HEAD with a bounded time, to a registry that Continuum
or the machine is configured to use; they run in parallel.
"""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import stat
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import requests

from cli import ports, proc
from cli.errors import PlatformError
from cli.host import userland
from cli.host.aptsources import mirror_of, read_sources
from cli.host.model import Check, Host, ok, problem, warning
from cli.host.redact import redact
from cli.host.registries import HUB, OFFLINE, SECONDS, rate_limit, registry
from cli.host.requirements import DISK

SKEW = 300      # seconds; certificates and tokens fail beyond it
PIP_SECONDS = 15      # pip starts slowly, and asks by its own settings
PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


def surroundings(host: Host, values: Mapping[str, str], held: set[int]) -> list[Check]:
    """Return the verdicts on everything but the engine; `held` are ports that this installation has already."""
    mirrors = host.engine.mirrors if host.engine else ()
    asks: list[Callable[[], Check]] = [
        lambda: disk(host.engine.data_root if host.engine else "/"), cache, lambda: listening(values, held), names,
        resolvers, lambda: proxy(host, os.environ), lambda: ca_bundle(values.get("CA_BUNDLE", "")),
        lambda: registry(mirrors), lambda: rate_limit(mirrors), python_packages, lambda: debian(host),
        userland.check]
    with ThreadPoolExecutor(len(asks)) as threads:
        found = [future.result() for future in [threads.submit(ask) for ask in asks]]
    return [*found, clock(_debian_mirror(host) or (*mirrors, HUB)[0])]


def disk(folder: str) -> Check:
    existing = next(path for path in (Path(folder or "/"), Path("/")) if path.exists())
    free = shutil.disk_usage(existing).free
    found = f"{free / 1e9:.0f} GB free for {folder or '/'}"
    return ok("disk", found) if free >= DISK else warning(
        "disk", found, f"{DISK / 1e9:.0f} GB", "free some space; `docker system df` shows what the engine uses")


def cache() -> Check:
    """Whether the cache folder, or the nearest folder above it that exists, can be written."""
    folder = Path(os.environ.get("CONTINUUM_CACHE") or Path.home() / ".cache" / "continuum")
    nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    return ok("cache", str(folder)) if os.access(nearest, os.W_OK) else warning(
        "cache", f"{folder} cannot be written", "a folder that can", "set CONTINUUM_CACHE to a folder on a local disk")


def listening(values: Mapping[str, str], held: set[int]) -> Check:
    try:
        ports.check(values, held)
    except PlatformError as error:
        return warning("ports", error.cause, "free ports", error.next_step)
    return ok("ports", ", ".join(f"{key}={values[key]}" for key in ports.ADDRESS))


def names() -> Check:
    try:
        socket.getaddrinfo("hello-flask.localhost", 80)
    except OSError:
        return warning("names", "hello-flask.localhost does not resolve on this machine", "*.localhost is 127.0.0.1",
                       "browsers resolve it themselves; for curl install libnss-myhostname, or add names to /etc/hosts")
    return ok("names", "*.localhost resolves")


def resolvers(path: Path = Path("/etc/resolv.conf")) -> Check:
    lines = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
    servers = [words[1] for words in lines if len(words) > 1 and words[0] == "nameserver"]
    if servers and all(":" in server for server in servers):
        return warning("dns", f"only IPv6 name servers ({', '.join(servers)})", "one that containers reach over IPv4",
                       'name one in /etc/docker/daemon.json ("dns"), then restart the engine')
    return ok("dns", ", ".join(servers) or "no name server is listed")


def proxy(host: Host, environment: Mapping[str, str]) -> Check:
    """Whether the engine, which does not read this shell's variables, has a proxy where this shell has one."""
    found = {name: redact(environment.get(name) or environment.get(name.lower(), "")) for name in PROXY_VARIABLES}
    text = ", ".join(f"{name}={value}" for name, value in found.items() if value) or "none is set"
    if (found["HTTP_PROXY"] or found["HTTPS_PROXY"]) and host.engine and not host.engine.proxies:
        return warning("proxy", f"{text}; the engine has none", "the engine's own proxy settings",
                       'set "proxies" in /etc/docker/daemon.json and restart the engine; docs/install.md shows it')
    return ok("proxy", text)


def ca_bundle(path: str) -> Check:
    """Whether CA_BUNDLE can be given to containers; in `up` a problem stops what would fail later, without a reason."""
    if not path:
        return ok("CA", "CA_BUNDLE is not set: the public certificates are used")
    file = Path(path)
    if not file.is_absolute():
        return problem("CA", f"CA_BUNDLE={path} is not an absolute path", "one that begins with /",
                       "write the whole path in .env, or leave it empty")
    if not (file.is_file() and os.access(file, os.R_OK) and "BEGIN CERTIFICATE" in file.read_text(errors="replace")):
        return problem("CA", f"CA_BUNDLE={path} is not a readable file of PEM certificates", "a file in PEM form",
                       "correct CA_BUNDLE in .env, or leave it empty")
    if not file.stat().st_mode & stat.S_IROTH:
        return problem("CA", f"CA_BUNDLE={path} can be read by its owner or group alone", "a file that everyone may read: "
                       "services run as users of their own", f"run `chmod o+r {shlex.quote(path)}`")
    return ok("CA", path)


def reach(name: str, url: str, good: set[int]) -> Check:
    try:
        status = requests.head(url, timeout=SECONDS, allow_redirects=True).status_code
    except requests.RequestException as error:
        return warning(name, f"{redact(url)} cannot be reached ({type(error).__name__})", "an answer", OFFLINE)
    return ok(name, f"{redact(url)} answers") if status in good else warning(
        name, f"{redact(url)} answers with status {status}", "an ordinary answer", OFFLINE)


def debian(host: Host) -> Check:
    release = _debian_mirror(host)
    if not release:
        return ok("system packages", f"no http mirror of {host.system.codename or host.system.name} is set up")
    return reach("system packages", release, {200})


def _debian_mirror(host: Host) -> str | None:
    """Return the address of the release file at the machine's own mirror."""
    mirror = mirror_of(read_sources(), host.system.codename)
    return f"{mirror}/dists/{host.system.codename}/InRelease" if mirror and mirror.startswith("http") else None


def clock(url: str) -> Check:
    """Compare this machine's clock with that of a server that is asked anyway."""
    try:
        date = requests.head(url, timeout=SECONDS).headers["Date"]
        skew = abs((datetime.now(UTC) - parsedate_to_datetime(date)).total_seconds())
    except (requests.RequestException, KeyError, ValueError):
        return ok("clock", f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}, compared with nothing")
    found = f"{skew:.0f} s from the clock of {redact(urlsplit(url).netloc)}"
    return ok("clock", found) if skew < SKEW else warning(
        "clock", found, f"less than {SKEW} s", "synchronise it (timedatectl)")


def python_packages() -> Check:
    """Ask the package index for one package through pip, so that pip's own settings, proxy and certificates count."""
    listed = proc.answer([sys.executable, "-m", "pip", "index", "versions", "pip"], timeout=PIP_SECONDS)
    return ok("python packages", "the package index answers pip") if listed else warning(
        "python packages", f"the package index does not answer pip within {PIP_SECONDS} s", "an answer",
        "run `python3 -m pip index versions pip` for the reason; behind a proxy see docs/install.md")
