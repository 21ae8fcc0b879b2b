"""The minimum versions, each with its reason. README's table is compared with them by a test."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Minimum:
    version: str
    reason: str

    def is_met_by(self, found: str) -> bool:
        return numbers(found) >= numbers(self.version)


ENGINE = Minimum("25.0", "health checks use start_interval, which older engines do not have")
COMPOSE = Minimum("2.21.0", "`docker compose ps --format json` prints one object a line since this version")
BUILDX = Minimum("0.8.0", "`docker build` passes the CA bundle as a secret through it")
# Compose refuses to build with an older buildx (docker/compose#13295).
NEW_COMPOSE, BUILDX_OF_NEW_COMPOSE = Minimum("2.40.2", ""), Minimum("0.17.0", "Compose 2.40.2 and newer need it")
MEMORY = 4 * 1024 ** 3        # bytes; an estimate: BUILD_MEMORY alone may take as much
DISK = 15 * 1000 ** 3         # bytes; an estimate for the images, the build cache and the vulnerability database


def numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version: "v2.26.1-4" is (2, 26, 1); () where there are none."""
    found = re.match(r"v?(\d+(?:\.\d+)*)", version.strip())
    return tuple(int(part) for part in found[1].split(".")) if found else ()


def buildx_for(compose: str) -> Minimum:
    """The oldest buildx that this version of Compose builds with."""
    return BUILDX_OF_NEW_COMPOSE if NEW_COMPOSE.is_met_by(compose) else BUILDX
