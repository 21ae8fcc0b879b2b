"""Whose a container, network, volume or image is. The engine is asked; its error, e.g. 404, becomes Answered.

What the engine calls by name is passed on by its id, so that what is checked and what is changed are the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import quote

from .. import names
from ..engine_answers import Inspected
from ..isolation import is_peer
from .refused import Answered, Refused

MOST_KEPT = 1000      # containers whose labels are remembered: labels of a container never change

Ask = Callable[[str], Awaitable[tuple[int, bytes]]]      # path of a GET -> status, body


@dataclass(frozen=True)
class Container:
    """`role`: names.APP or names.ONE_OFF of this instance, else None. `peer`: is it a service that joins the apps'
    networks?"""

    id: str
    role: str | None
    repo: str | None
    peer: bool

    @classmethod
    def of(cls, found: Inspected, instance: str) -> Container:
        labels = found["Config"].get("Labels") or {}
        role = labels.get(names.ROLE) if labels.get(names.INSTANCE) == instance else None
        return cls(found["Id"], role if role in (names.APP, names.ONE_OFF) else None, labels.get(names.REPO),
                   is_peer(labels, instance))


class Lookups:
    def __init__(self, ask: Ask, instance: str, registry: str):
        self._ask, self._instance, self._registry = ask, instance, registry
        self._containers: dict[str, Container] = {}

    async def container(self, name: str) -> Container:
        """By id or name; raises Answered where it does not exist."""
        known = self._containers.get(name)
        if known is None:
            known = Container.of(await self._json(f"/containers/{plain(name)}/json"), self._instance)
            if len(self._containers) >= MOST_KEPT:
                self._containers.clear()
            self._containers[known.id] = known
        return known

    async def network(self, name: str) -> dict:
        return await self._json(f"/networks/{plain(name)}")

    async def volume(self, name: str) -> dict:
        return await self._json(f"/volumes/{plain(name)}")

    async def image(self, name: str) -> dict:
        return await self._json(f"/images/{quote(name, safe='/:')}/json")

    async def image_of_ours(self, name: str, only: bool = False) -> dict:
        """An image that our registry has a name for; `only`: and nobody else. Raises Refused, Answered."""
        found = await self.image(name)
        known_as = [*(found.get("RepoTags") or []), *(found.get("RepoDigests") or [])]
        ours = [item.startswith(f"{self._registry}/") for item in known_as]
        if not any(ours) or (only and not all(ours)):
            raise Refused(f"image {name} is not an app's: its names are {known_as}")
        return found

    async def _json(self, path: str) -> dict:
        status, body = await self._ask(path)
        if status != 200:
            raise Answered(status, body)
        return json.loads(body)


def plain(name: str) -> str:
    """As it may stand in a path of the engine's API; raises Refused."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name):
        raise Refused(f"{name!r} is not a name or an id")
    return name


def image_id(text: str) -> str:
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", text):
        raise Refused(f"{text!r} is not an image's id")
    return text
