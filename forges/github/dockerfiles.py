"""Whether there is a Dockerfile at the top of a repository: looked up for what is shown, once for each push to it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable

from cachetools import LRUCache
from pydantic import SecretStr

from common.wire.dockerfiles import is_dockerfile
from common.wire.errors import NotFound, Problem

from . import shapes
from .background import Background
from .client import Client, repo_path

log = logging.getLogger(__name__)

REMEMBERED = 50_000


class Dockerfiles:
    def __init__(self, client: Client, background: Background):
        self._client, self._background = client, background
        self._known: LRUCache[str, bool] = LRUCache(REMEMBERED)
        self._asked: set[str] = set()
        self._lock = threading.Lock()

    def known(self, item: shapes.Listed) -> bool | None:
        with self._lock:
            return self._known.get(item.version)

    def look(self, items: Iterable[shapes.Listed], token: SecretStr) -> bool:
        """Begin to look where it is not known; is a look under way? Near the limit none is: the rest is for people."""
        items = list(items)
        if self._client.limits.low(token):
            return False
        with self._lock:
            new = [item for item in items if item.version not in self._known and item.version not in self._asked]
            self._asked |= {item.version for item in new}
        if new:
            self._background("github-dockerfiles", lambda: self._ask_all(new, token))
        with self._lock:
            return any(item.version in self._asked for item in items)

    def _ask_all(self, items: list[shapes.Listed], token: SecretStr) -> None:
        try:
            for item in items:
                found = self._ask(item, token)
                with self._lock:
                    self._known[item.version] = found
        except Problem as problem:           # the list is whole without it; the next look at the page asks again
            log.info("no look for Dockerfiles now: %s", problem)
        finally:
            with self._lock:
                self._asked -= {item.version for item in items}

    def _ask(self, item: shapes.Listed, token: SecretStr) -> bool:
        try:
            top = self._client.get(f"{repo_path(item.repo.owner, item.repo.name, 'contents')}/", token,
                                   shape=shapes.names)
        except NotFound:
            return False                     # an empty repository, or one that was just deleted
        return any(map(is_dockerfile, top))
