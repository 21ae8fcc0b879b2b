"""A company proxy: HTTP_PROXY, HTTPS_PROXY and NO_PROXY in `.env`, for image builds, our services and people's builds.

The services get them through docker-compose.yml. Values may hold a password, so no argv of ours here holds one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


def of_environment(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the proxy settings of this shell, in either spelling: the proposal for a new `.env`."""
    found = {name: environment.get(name) or environment.get(name.lower(), "") for name in VARIABLES}
    return {name: value for name, value in found.items() if value}


def chosen(values: Mapping[str, str]) -> dict[str, str]:
    """Return the proxy settings of `.env` that are not empty, for the environment of the programs that we call."""
    return {name: values[name] for name in VARIABLES if values.get(name)}


def build_args(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Return the options of a build. Without a value, `--build-arg NAME` takes it from the environment.

    An empty one would hide the proxy that a person set in ~/.docker/config.json.
    """
    return [word for name in VARIABLES if environment.get(name) for word in ("--build-arg", name)]
