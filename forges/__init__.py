"""Forges: where repositories live. `open_forge(name, settings, tokens)` gives one; `base.py` says what it can do."""

from __future__ import annotations

from typing import Protocol

from common.errors import NotFound, shortened

from .base import (Account, Annotation, Check, Commit, Forge, ForgeRepo, Grant, Page, Pull, Rate, Ref, Refs, Right,
                   Status, Tokens, Unsupported)
from .github import GitHubForge, Urls
from .local import LocalForge

__all__ = ["Account", "Annotation", "Check", "Commit", "Forge", "ForgeRepo", "GitHubForge", "Grant", "LocalForge",
           "Page", "Pull", "Rate", "Ref", "Refs", "Right", "Status", "Tokens", "Unsupported", "open_forge"]


class ForgeSettings(Protocol):
    local_repositories: str
    github_url: str              # https://github.com, or an Enterprise's
    github_api_url: str          # empty: as the one above has it


def open_forge(name: str, settings: ForgeSettings, tokens: Tokens | None = None) -> Forge:
    """The forge of that name, with what `settings` says of it; raises NotFound for one that there is not.

    `tokens`: who it acts for, where it asks for tokens.
    """
    if name == "local":
        return LocalForge(settings.local_repositories)
    if name == "github" and tokens is not None:
        return GitHubForge(Urls.of(settings), tokens)
    raise NotFound(f"there is no forge {shortened(name)!r}; FORGES names those that are set up")
