"""What orchestrator reads from the environment."""

from __future__ import annotations

from pydantic import Field

from common.settings import Settings


class OrchestratorSettings(Settings):
    forges: str = "local"                                  # names, separated by commas
    local_repositories: str = "/repositories"              # the folder of the forge `local`
    public_url: str = "http://localhost:5000"              # of the dashboard, for links in commit statuses
    conductor_slots: int = Field(default=8, ge=1, le=200)  # runs at a time

    @property
    def forge_names(self) -> list[str]:
        return [name.strip() for name in self.forges.split(",") if name.strip()]
