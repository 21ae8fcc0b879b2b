"""Forges: where repositories live. `open_forge(name, settings)` gives one; `base.py` says what it can do."""

from __future__ import annotations

from typing import Protocol

from common.errors import NotFound

from .base import (Account, Annotation, Check, Commit, Forge, ForgeRepo, Grant, Page, Pull, Rate, Ref, Refs, Right,
                   Status, Tokens, Unsupported)
from .local import LocalForge

__all__ = ["Account", "Annotation", "Check", "Commit", "Forge", "ForgeRepo", "Grant", "LocalForge", "Page", "Pull",
           "Rate", "Ref", "Refs", "Right", "Status", "Tokens", "Unsupported", "open_forge"]


class ForgeSettings(Protocol):
    local_repositories: str


def open_forge(name: str, settings: ForgeSettings) -> Forge:
    """The forge of that name, with what `settings` says of it; raises NotFound for one that there is not."""
    if name == "local":
        return LocalForge(settings.local_repositories)
    raise NotFound(f"there is no forge {name!r}; FORGES names those that are set up")
