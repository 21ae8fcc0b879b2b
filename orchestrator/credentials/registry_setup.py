"""`python -m orchestrator.credentials.registry_setup NAME…`: print a token that writes base images.

`./continuum up` calls it in the container, to put stand-ins into the registry; no address of the service gives it away.
"""

from __future__ import annotations

import sys

from common.service.settings import load

from ..settings import OrchestratorSettings
from .registry_tokens import Access, RegistryTokens

NAMESPACE = "library"
LIFETIME = 1800      # seconds: all base images are pushed with one token


def token(tokens: RegistryTokens, names: list[str]) -> str:
    access = [Access(name=f"{NAMESPACE}/{name}", actions=["pull", "push"]) for name in names]
    return tokens.sign("set-up", access, LIFETIME)["token"]


if __name__ == "__main__":
    print(token(load(OrchestratorSettings).registry_tokens, sys.argv[1:]))
