"""How a service gets at our registry: orchestrator signs it a token for each name and purpose.

A token is distribution's (docs/spec/auth/jwt), alive for five minutes. Which service gets which is decided in
orchestrator/credentials/registry_rights.py; a service never holds a key or a password of the registry.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from ..secrets.tokens import Signer
from ..service.client import ServiceClient

PATIENCE = 30      # seconds: orchestrator may be starting again
RENEW = 60         # seconds before its end a kept token is replaced
KEPT = 200

Access = tuple[str, Sequence[str]]      # (name of an image, actions: pull, push, delete)


class RegistryAccess:
    """Tokens for one service. Safe for several threads."""

    def __init__(self, service: str, private_key: str, clock: Callable[[], float] = time.monotonic):
        self._orchestrator = ServiceClient(Signer(service, private_key), "orchestrator", patience=PATIENCE)
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[tuple, tuple[float, str]] = {}      # what was asked for -> (when to replace it, token)

    def token(self, name: str, *actions: str, run: int | None = None) -> str:
        """For one name; `run`: of the build that it is for. Raises Problem where it is refused, and ServiceDown."""
        wanted = (name, actions, run)
        with self._lock:
            until, token = self._kept.get(wanted, (0.0, ""))
        if token and self._clock() < until:
            return token
        answer = self.ask([(name, actions)], run)
        with self._lock:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[wanted] = self._clock() + answer["expires_in"] - RENEW, answer["token"]
        return answer["token"]

    def ask(self, access: Sequence[Access], run: int | None = None) -> dict:
        """`{token, expires_in}` with those of the wanted rights that the service has."""
        wanted = [{"name": name, "actions": list(actions)} for name, actions in access]
        return self._orchestrator.post("/v1/registry/token", {"access": wanted, "run": run})
