"""What a person may do, asked of GitHub: who loses a right there loses it here within a minute."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from cachetools import TTLCache
from pydantic import SecretStr

from common.wire.errors import Forbidden, NotFound

from ..base import Right
from . import shapes
from .bearer import mark
from .client import Client, part, repo_path

KEPT = 45                # seconds; with the longest that an answer may take (transport.py) less than 60
ANSWERS = 50_000


class Rights:
    def __init__(self, client: Client, clock: Callable[[], float] = time.monotonic):
        self._client, self._lock = client, threading.Lock()
        self._kept: TTLCache[tuple[str, str], Right | None] = TTLCache(ANSWERS, KEPT, clock)

    def of(self, token: SecretStr, owner: str, name: str) -> Right | None:
        """None: not there, or not for them."""
        key = mark(token), f"{owner}/{name}".casefold()
        with self._lock:
            if key in self._kept:
                return self._kept[key]
        right = self._ask(token, owner, name)
        with self._lock:
            self._kept[key] = right
        return right

    def member(self, token: SecretStr, organisation: str) -> bool:
        """Active; who was invited and did not accept is none."""
        try:
            found = self._client.get(f"/user/memberships/orgs/{part(organisation)}", token)
        except (NotFound, Forbidden):
            return False
        return isinstance(found, dict) and found.get("state") == "active"

    def _ask(self, token: SecretStr, owner: str, name: str) -> Right | None:
        try:
            return self._client.get(repo_path(owner, name), token, shape=shapes.right)
        except NotFound:
            return None
