"""What orchestrator reads from the environment."""

from __future__ import annotations

from pydantic import Field, SecretStr

from common.service.settings import Settings
from forges import ForgeSettings

from .credentials.registry_tokens import RegistryTokens


class OrchestratorSettings(Settings, ForgeSettings):
    public_url: str = "http://localhost:5000"              # of the dashboard, for links in commit statuses
    conductor_slots: int = Field(default=8, ge=1, le=200)  # runs at a time
    orchestrator_seal_key: SecretStr                       # private half; people's tokens are sealed to it
    registry_token_key: SecretStr                          # signs the registry's tokens: PKCS #8, DER, base64
    registry_token_certificate: str                        # of that key: X.509, DER, base64
    seal_public_keys: str                                  # "dashboard=BASE64,builder=BASE64,…"

    @property
    def registry_tokens(self) -> RegistryTokens:
        return RegistryTokens(self.registry_token_key.get_secret_value(), self.registry_token_certificate)

    @property
    def seal_keys(self) -> dict[str, str]:
        """Service -> base64 public key."""
        return dict(item.strip().split("=", 1) for item in self.seal_public_keys.split(",") if "=" in item)

    @property
    def seal_key(self) -> SecretStr:
        return self.orchestrator_seal_key
