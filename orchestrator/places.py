"""The forges that FORGES names, each with what it needs of us."""

from __future__ import annotations

from flask import Flask

from common.client import ServiceClient
from forges import Forge, open_forge

from .settings import OrchestratorSettings


class Places:
    def __init__(self, db: ServiceClient, settings: OrchestratorSettings):
        self.forges: dict[str, Forge] = {name: open_forge(name, settings) for name in settings.forge_names}

    @property
    def hooked_forges(self) -> list[Forge]:
        """Those that tell of pushes by webhooks."""
        return [forge for forge in self.forges.values() if forge.supports("webhook")]

    def hooked(self, repo: dict) -> bool:
        """Does somebody tell us of the repository's pushes?"""
        return bool(((repo.get("settings") or {}).get("webhook") or {}).get("id"))

    def add_routes(self, app: Flask) -> None:
        """Of what is registered at a forge."""
