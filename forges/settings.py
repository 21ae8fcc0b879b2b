"""What is set of the forges in the environment; each forge has a part of its own."""

from __future__ import annotations

from .github.settings import GitHubSettings
from .local import LocalSettings


class ForgeSettings(LocalSettings, GitHubSettings):
    forges: str = "local"                                  # names, separated by commas

    @property
    def forge_names(self) -> list[str]:
        return [name.strip() for name in self.forges.split(",") if name.strip()]
