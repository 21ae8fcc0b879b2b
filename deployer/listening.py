"""What a container's processes listen on, read from its network namespace: works for images without a shell."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass

from docker.errors import APIError

from . import isolation, names
from .engine import Engine

LISTEN = "0A"                # state of a socket in /proc/net/tcp (include/net/tcp_states.h)
WAIT = 10                    # seconds
DNS = "127.0.0.11"           # the engine's own resolver listens in every container


@dataclass(frozen=True)
class Listener:
    address: str
    port: int

    @property
    def outside(self) -> bool:
        """Can somebody beyond the container connect to it?"""
        return not self.address.startswith("127.") and self.address != "::1"


def parse(tables: str) -> list[Listener]:
    """From the text of /proc/net/tcp and tcp6, one after the other; ascending by port."""
    found = set()
    for line in tables.splitlines():
        parts = line.split()
        if len(parts) > 3 and parts[3] == LISTEN:
            address, _, port = parts[1].partition(":")
            found.add(Listener(_address(address), int(port, 16)))
    return sorted((item for item in found if item.address != DNS), key=lambda item: (item.port, item.address))


def _address(text: str) -> str:
    """Words of four bytes in the machine's order."""
    words = [int(text[start:start + 8], 16) for start in range(0, len(text), 8)]
    raw = b"".join(struct.pack("=I", word) for word in words)
    if raw[:12] == b"\0" * 10 + b"\xff\xff":
        raw = raw[12:]
    return socket.inet_ntop(socket.AF_INET if len(raw) == 4 else socket.AF_INET6, raw)


def listeners(engine: Engine, container: str) -> list[Listener]:
    """Asked with a one-off container in the same network namespace; empty where that cannot be had."""
    body = {"Image": engine.probe_image, **isolation.PROBE,
            "Labels": {names.INSTANCE: engine.instance, names.ROLE: names.ONE_OFF},
            "HostConfig": {"NetworkMode": f"container:{container}", **isolation.PROBE_HOST}}
    helper = engine.api.create_container_from_config(body)["Id"]
    try:
        engine.api.start(helper)
        engine.api.wait(helper, timeout=WAIT)
        return parse(engine.api.logs(helper, stdout=True, stderr=False).decode())
    except APIError as problem:
        if problem.status_code not in (404, 409):      # the app ended in between: nothing listens
            raise
        return []
    finally:
        engine.remove(helper)
