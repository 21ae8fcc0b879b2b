"""Where BuildKit looks for Docker Hub's images: the engine's own mirrors, and those of DOCKER_HUB_MIRRORS."""

import re
from collections.abc import Iterable

from cli.errors import PlatformError

# Written into BuildKit's settings by a shell script: nothing but what a registry's address needs.
ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(:\d+)?(/[A-Za-z0-9._~/-]*)?")


def hub_mirrors(setting: str, of_engine: Iterable[str]) -> list[str]:
    """Return the addresses, those of the setting first, each once. Raises PlatformError for one that is not http(s)."""
    named = [address.strip() for address in setting.split(",") if address.strip()]
    for address in named:
        if not ADDRESS.fullmatch(address):
            raise PlatformError(f"DOCKER_HUB_MIRRORS has {address!r}, which is not the address of a registry",
                                "write it as https://host or http://host:port, with commas between several")
    every = [*named, *(address for address in of_engine if ADDRESS.fullmatch(address))]
    return list(dict.fromkeys(address.rstrip("/") for address in every))
