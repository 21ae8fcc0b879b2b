"""What the dashboard reads from its environment."""

from __future__ import annotations

from pydantic import Field, SecretStr, field_validator

from common.service.settings import Settings
from forges import ForgeSettings


class DashboardSettings(Settings, ForgeSettings):
    public_url: str = "http://localhost:5000"       # as people's browsers reach it; https makes cookies Secure
    secret_key: SecretStr                           # signs CSRF tokens and notices
    seal_public_keys: str                           # "builder=BASE64,deployer=BASE64"
    rabbitmq_url: SecretStr
    dashboard_seal_key: SecretStr | None = None     # opens what a forge's setup page stored for us
    rabbitmq_ui_url: str = ""                       # linked for owners; loopback only
    trusted_proxies: int = Field(default=0, ge=0, le=9)      # hops whose X-Forwarded-For is believed
    streams_per_account: int = Field(default=64, ge=1)
    queued_runs_per_member: int = Field(default=20, ge=1)

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value()) < 24:
            raise ValueError("needs at least 24 characters")
        return value

    @field_validator("public_url")
    @classmethod
    def _absolute(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("begins with http:// or https://")
        return value.rstrip("/")

    @property
    def secure(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def seal_keys(self) -> dict[str, str]:
        """Service -> base64 public key."""
        return dict(item.strip().split("=", 1) for item in self.seal_public_keys.split(",") if "=" in item)

    @property
    def seal_key(self) -> SecretStr | None:
        return self.dashboard_seal_key
