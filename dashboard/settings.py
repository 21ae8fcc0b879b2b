"""What the dashboard reads from its environment."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from common.settings import Settings


class DashboardSettings(Settings):
    public_url: str = "http://localhost:5000"       # as people's browsers reach it; https makes cookies Secure
    secret_key: SecretStr                           # signs CSRF tokens and notices
    seal_public_keys: str                           # "builder=BASE64,deployer=BASE64"
    rabbitmq_url: SecretStr
    forges: str = "local"
    dashboard_seal_key: SecretStr | None = None     # opens what the setup page of GitHub stored for us
    github_url: str = "https://github.com"          # or a GitHub Enterprise
    github_api_url: str = ""                        # empty: where GitHub has it for that address
    github_client_id: str = ""
    github_client_secret: SecretStr | None = None
    github_owners: str = ""                         # logins, or id:NUMBER, with commas
    github_users: str = ""
    github_orgs: str = ""
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

    @field_validator("github_url", "github_api_url")
    @classmethod
    def _safe_forge(cls, value: str) -> str:
        if value and urlsplit(value).scheme != "https" and not (
                urlsplit(value).scheme == "http" and is_private(urlsplit(value).hostname or "")):
            raise ValueError("begins with https://; http:// only for an address of this machine or a private network")
        return value.rstrip("/")

    @property
    def secure(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def seal_keys(self) -> dict[str, str]:
        """Service -> base64 public key."""
        return dict(item.strip().split("=", 1) for item in self.seal_public_keys.split(",") if "=" in item)

    @property
    def forge_names(self) -> list[str]:
        return [name.strip() for name in self.forges.split(",") if name.strip()]

    @property
    def github_on(self) -> bool:
        return "github" in self.forge_names

    @property
    def github_api(self) -> str:
        """github.com and an Enterprise Cloud have it on a host of its own, an Enterprise Server below /api/v3."""
        if self.github_api_url:
            return self.github_api_url
        host = urlsplit(self.github_url).hostname or ""
        if host == "github.com" or host.endswith(".ghe.com"):
            return f"https://api.{host}"
        return f"{self.github_url}/api/v3"

    @property
    def readable_forge(self) -> str | None:
        """What is wrong with a GitHub on plain http, unless it is on this very machine; None where nothing is."""
        for name, url in (("GITHUB_URL", self.github_url), ("GITHUB_API_URL", self.github_api)):
            if self.github_on and url.startswith("http://") and not is_loopback(urlsplit(url).hostname or ""):
                return (f"{name} is plain http ({url}): tokens, code and secrets cross the network readable and "
                        "changeable by whoever is on the way. Give that GitHub a certificate and write https:// into "
                        ".env (CA_BUNDLE names the file of an authority of your own)")
        return None


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def is_private(host: str) -> bool:
    """Is `host` one that GitHub cannot reach from outside: this machine, a private network, a name without a dot?"""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".local", ".internal", ".lan", ".home.arpa"))
