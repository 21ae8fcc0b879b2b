"""Which port an app answers on: what is declared first, then what is usual, then what its process listens on."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from common.wire.contracts import DeployConfig

from .container_spec import ImageFacts

DEFAULT = 8080           # told to the app as PORT where nothing else is declared
USUAL = (8080, 8000, 3000, 5000, 80, 8888, 4000, 9000, 8081, 8001, 3001, 5173, 4567, 1313, 6379, 5432, 3306, 8443, 443)
CONNECT_TIMEOUT = 0.5    # seconds; a container next door answers or refuses at once


@dataclass(frozen=True)
class Declared:
    """Ports that somebody named. `only`: no other may be taken instead. `source`: for the log. `udp`: of EXPOSE."""

    ports: tuple[int, ...]
    source: str
    only: bool = False
    udp: tuple[int, ...] = ()

    @property
    def first(self) -> int:
        return self.ports[0] if self.ports else DEFAULT


def declared(config: DeployConfig, image: ImageFacts, exposed: list[int]) -> Declared:
    """In this order: deploy.port, deploy.env.PORT, the image's PORT, its EXPOSE."""
    if config.port:
        return Declared((config.port,), "deploy.port", only=True)
    for env, source in ((config.env, "deploy.env.PORT"), (image.env, "the image's PORT")):
        if env.get("PORT", "").isdecimal() and 0 < int(env["PORT"]) < 65536:
            return Declared((int(env["PORT"]),), source)
    ports = tuple(dict.fromkeys([*exposed, *image.ports]))
    if ports:
        return Declared(ports, "EXPOSE", udp=image.udp)
    return Declared((), "no TCP port is declared" if image.udp else "nothing is declared", udp=image.udp)


def is_open(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), CONNECT_TIMEOUT).close()
    except OSError:
        return False
    return True
