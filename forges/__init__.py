"""Forges: where repositories live. `open_forge(name, settings)` gives one; `base.py` says what it can do.

FORGES is the one registry: whoever adds a forge adds its class here, and its settings to settings.py.
"""

from __future__ import annotations

from common.wire.errors import NotFound, shortened

from .base import (
    About,
    Account,
    Admission,
    Annotation,
    Attempt,
    Capability,
    Check,
    Commit,
    Consent,
    Delivery,
    Forge,
    ForgeEvent,
    ForgeRepo,
    Grant,
    Ignored,
    Installations,
    Move,
    Page,
    Person,
    Pull,
    Rate,
    Ref,
    Refs,
    Registration,
    Right,
    Sent,
    Setup,
    Status,
    Tokens,
    Unsupported,
)
from .github import GitHubForge
from .local import LocalForge
from .settings import ForgeSettings

__all__ = [
    "FORGES",
    "About",
    "Account",
    "Admission",
    "Annotation",
    "Attempt",
    "Capability",
    "Check",
    "Commit",
    "Consent",
    "Delivery",
    "Forge",
    "ForgeEvent",
    "ForgeRepo",
    "ForgeSettings",
    "GitHubForge",
    "Grant",
    "Ignored",
    "Installations",
    "LocalForge",
    "Move",
    "Page",
    "Person",
    "Pull",
    "Rate",
    "Ref",
    "Refs",
    "Registration",
    "Right",
    "Sent",
    "Setup",
    "Status",
    "Tokens",
    "Unsupported",
    "can",
    "named",
    "open_forge",
    "with_capability",
]

FORGES: dict[str, type[Forge]] = {forge.name: forge for forge in (LocalForge, GitHubForge)}


def can(name: str | None, capability: Capability) -> bool:
    """Has the forge of that name the capability? One that there is not has none."""
    return name in FORGES and capability in FORGES[name].capabilities


def with_capability(capability: Capability) -> list[str]:
    """The names of the forges that have it, set up or not."""
    return [name for name in FORGES if can(name, capability)]


def named(name: str) -> type[Forge]:
    """Raises NotFound for one that there is not."""
    if name not in FORGES:
        raise NotFound(f"there is no forge {shortened(name)!r}; FORGES names those that are set up")
    return FORGES[name]


def open_forge(name: str, settings: ForgeSettings, sent: Sent | None = None) -> Forge:
    """The forge of that name, as `settings` say; raises NotFound for one that there is not. `sent` is called for each
    request with its method and the kind of its answer."""
    return named(name).open(settings, sent)
