"""Each fact about the engine against what Continuum needs. Pure: a Host in, a list of Checks out."""

from __future__ import annotations

from cli.host.model import Check, Host, ok, problem, warning
from cli.host.packages import TOO_OLD
from cli.host.requirements import COMPOSE, ENGINE, MEMORY, Minimum, buildx_for

GUIDE = "docs/install.md shows how to install an engine"
ROOTFUL = "a Docker Engine on this machine that runs as root, reached over a unix socket"
INSTALLS_ON = ("debian", "ubuntu")


def checks(host: Host) -> list[Check]:
    """Return every verdict; an engine of a kind that cannot work is the only one where that is so."""
    if unusable := _kind(host):
        return [unusable]
    return [_engine(host), *_plugins(host), *(_limits(host) if host.engine else ())]


def problems(found: list[Check]) -> list[Check]:
    return [check for check in found if check.state == "problem"]


def _kind(host: Host) -> Check | None:
    """Engines that cannot work, refused before anything else is looked at."""
    for applies, found, next_step in (
            (_is_podman(host), "`docker` is Podman here: it has no Docker Engine that BuildKit, Compose and the app "
             "networks could use", f"install Docker Engine beside or instead of it; {GUIDE}"),
            (not host.endpoint.startswith("unix://"),
             f"the Docker context {host.context} is at {_place(host.endpoint)}, which is not a socket of this machine",
             "run Continuum on the machine of that engine, or select a local one: `docker context use default` and "
             "`unset DOCKER_HOST DOCKER_CONTEXT`"),
            ("snap docker" in host.packages, "Docker is installed as a snap, which cannot read Continuum's files outside "
             "the home folder", f"remove it (`snap remove docker`) and install Docker's or Ubuntu's packages; {GUIDE}"),
            (bool(host.engine) and "rootless" in host.engine.security, "this is a rootless Docker Engine: it can neither run "
             "the privileged BuildKit container nor set the apps' network rules",
             f"use an engine that runs as root: `docker context use default`; {GUIDE}"),
            (bool(host.engine) and "selinux" in host.engine.security, "SELinux labels are enforced by this engine, and "
             "Continuum's mounted files have no container label",
             'set "selinux-enabled": false in /etc/docker/daemon.json and restart the engine, or use a host without SELinux')):
        if applies:
            return problem("engine", found, ROOTFUL, next_step)
    return None


def _is_podman(host: Host) -> bool:
    parts = host.engine.components if host.engine else ()
    return "podman" in host.client.lower() or "podman-docker" in host.packages or any("Podman" in p for p in parts)


def _place(endpoint: str) -> str:
    """An endpoint without the user and password that its address may hold."""
    scheme, _, rest = endpoint.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def _engine(host: Host) -> Check:
    if host.engine:
        return _version("engine", "Docker Engine", host.engine.version, ENGINE, _upgrade_engine(host))
    if host.socket_denied and host.uid != 0:
        return problem("engine", f"you may not use the socket {host.endpoint}", "membership in the group docker",
                       "run `sudo usermod -aG docker $USER`, then sign out and in again, or use sudo")
    if host.platform == "darwin" or host.context != "default" or host.endpoint != Host.endpoint:
        return problem("engine", f"no engine answers at {_place(host.endpoint)} (context {host.context}): {host.error}",
                       ROOTFUL, "start that engine, or select another: `docker context use default`, `unset DOCKER_HOST`")
    return _absent(host)


def _absent(host: Host) -> Check:
    """No engine answers at the default socket: it can be started or installed, by root, on Debian and Ubuntu."""
    if host.uid != 0:
        verb = "starting" if host.is_installed else "installing"
        return problem("engine", f"no Docker Engine answers, and {verb} one needs root", ROOTFUL,
                       f"run `sudo ./continuum up` once; {GUIDE} without it")
    if host.is_installed and not host.ours and not host.daemon:
        return problem("engine", f"{', '.join(host.packages)} is installed without the program dockerd", ROOTFUL,
                       "repair that installation (`apt-get install --reinstall` with the package's name); Continuum does "
                       "not install over it")
    if host.is_installed:
        return ok("engine", "installed, not running; `up` starts it")
    if host.system.id not in INSTALLS_ON or host.system.codename in TOO_OLD:
        return problem("engine", f"there is no Docker Engine, and Continuum does not install one on {host.system.name}",
                       f"Docker Engine {ENGINE.version} with Compose {COMPOSE.version}", GUIDE)
    return ok("engine", "not installed; `up` installs the distribution's packages")


def _upgrade_engine(host: Host) -> str:
    if "docker.io" in host.packages and host.system.codename == "bookworm":
        return ("remove the old packages (`apt-get remove docker.io`; images and volumes stay), then run ./continuum up as "
                "root: it installs 26.1 from Debian 13. Or install docker-ce; " + GUIDE)
    return f"upgrade the engine with the tool that installed it; {GUIDE}"


def _plugins(host: Host) -> list[Check]:
    if not host.is_installed or (host.ours and not host.engine):
        return []      # they are installed together with the engine
    return [_plugin(host, "Docker Compose", "compose", host.compose, COMPOSE),
            _plugin(host, "Docker buildx", "buildx", host.buildx, buildx_for(host.compose))]


def _plugin(host: Host, title: str, name: str, version: str, minimum: Minimum) -> Check:
    package = plugin_package(host, name)
    if not version:
        return problem(name, f"{title} is missing", f"{minimum.version} or newer: {minimum.reason}",
                       f"install the package {package}" + (f" (`apt-get install {package}`)" if host.packages else "")
                       + "; the engine that is there stays as it is")
    return _version(name, title, version, minimum, f"upgrade the package {package}")


def plugin_package(host: Host, name: str) -> str:
    """The package that holds a plugin, from the same source as the engine that is there."""
    if "docker.io" not in host.packages:
        return f"docker-{name}-plugin"
    return "docker-compose-v2" if (name, host.system.id) == ("compose", "ubuntu") else f"docker-{name}"


def _version(name: str, title: str, found: str, minimum: Minimum, next_step: str) -> Check:
    if minimum.is_met_by(found):
        return ok(name, f"{title} {found}")
    return problem(name, f"{title} {found}", f"{minimum.version} or newer: {minimum.reason}", next_step)


def _limits(host: Host) -> list[Check]:
    engine, found = host.engine, []
    if not engine.limits:
        found.append(problem("limits", "the engine cannot limit memory or processes",
                             "the memory and pids controllers of cgroup", "enable them at boot (on a Raspberry Pi: "
                             "cgroup_enable=memory in cmdline.txt), then restart"))
    elif engine.cgroup == "1":
        found.append(warning("limits", "cgroup v1", "cgroup v2 is recommended: newer engines deprecate v1",
                             "boot with systemd.unified_cgroup_hierarchy=1; Continuum works until then"))
    else:
        found.append(ok("limits", f"cgroup v{engine.cgroup or '2'}"))
    gigabytes = f"{engine.memory / 1024 ** 3:.1f} GiB for the engine"
    found.append(ok("memory", gigabytes) if engine.memory >= MEMORY or not engine.memory else
                 warning("memory", gigabytes, f"{MEMORY // 1024 ** 3} GiB", "lower BUILD_MEMORY in .env, or add memory"))
    if host.in_a_machine:
        found.append(warning("tried", f"{engine.system or 'an engine in a virtual machine'}: nobody has tried Continuum "
                             "here yet", "Linux with its own engine is tried", "please report what you find"))
    return found
