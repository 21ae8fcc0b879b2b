"""The engine's socket as deployer's container mounts it, and the group that may use it there."""

from __future__ import annotations

import os
import stat

from cli.errors import PlatformError
from cli.host.model import Host
from cli.proc import run

IN_THE_MACHINE = "/var/run/docker.sock"      # where an engine in a virtual machine has it


def socket_for_containers(host: Host, image: str) -> tuple[str, int]:
    """Return the socket's path and group id as the engine sees them; `image` has the program stat.

    Raises PlatformError where there is no socket, CommandFailed where a container cannot look at it.
    """
    if host.in_a_machine:
        return IN_THE_MACHINE, int(run(group_argv(image))[-1])
    path = host.endpoint.removeprefix("unix://")
    if not (os.path.exists(path) and stat.S_ISSOCK(os.stat(path).st_mode)):
        raise PlatformError(f"there is no Docker socket at {path}", "run ./continuum doctor")
    return path, os.stat(path).st_gid


def group_argv(image: str) -> list[str]:
    """A container that prints the group id of the socket inside the virtual machine."""
    return ["docker", "run", "--rm", "--network", "none", "--entrypoint", "stat",
            "--volume", f"{IN_THE_MACHINE}:{IN_THE_MACHINE}", image, "-c", "%g", IN_THE_MACHINE]
