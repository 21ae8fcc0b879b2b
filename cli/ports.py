"""The ports that an installation publishes: told before anything starts if another program has one."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping

from cli.errors import PlatformError

# setting of the port -> setting of the address it listens on; the others listen on 127.0.0.1 alone
ADDRESS = {"DASHBOARD_PORT": "DASHBOARD_ADDRESS", "HTTP_PORT": "APPS_ADDRESS", "HTTPS_PORT": "APPS_ADDRESS",
           "RABBITMQ_UI_PORT": None, "POSTGRES_PORT": None, "REGISTRY_PORT": None}


def check(values: Mapping[str, str], ours: Iterable[int]) -> None:
    """Raises PlatformError that names each port in use; `ours` are those that this installation has already."""
    held, taken = set(ours), []
    for key, address in ADDRESS.items():
        host, port = values[address] if address else "127.0.0.1", _number(key, values[key])
        if port not in held and not is_free(host, port):
            taken.append(f"{key}={port}")
    if taken:
        raise PlatformError(f"another program listens on {' and '.join(taken)}",
                            "end it, or set another port in .env and run ./continuum up again")


def is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)      # as servers do: TIME_WAIT is no owner
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _number(key: str, value: str) -> int:
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise PlatformError(f"{key} is {value!r}, which is no port", f"set {key} in .env to a number from 1 to 65535")
    return int(value)
