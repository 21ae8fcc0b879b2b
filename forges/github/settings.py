"""What is set of GitHub in the environment."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr, field_validator

from common.wire.addresses import is_private


class GitHubSettings(BaseModel):
    """A part of the settings of each service that opens forges."""

    github_url: str = "https://github.com"              # or of a GitHub Enterprise
    github_api_url: str = ""                            # empty: where GitHub has it for the address above
    github_client_id: str = ""                          # with the secret: goes before what the setup page stored
    github_client_secret: SecretStr | None = None
    github_owners: str = ""                             # logins, or id:NUMBER, separated by commas
    github_users: str = ""
    github_orgs: str = ""

    @field_validator("github_url", "github_api_url")
    @classmethod
    def _safe(cls, value: str) -> str:
        if value and urlsplit(value).scheme != "https" and not (
                urlsplit(value).scheme == "http" and is_private(urlsplit(value).hostname or "")):
            raise ValueError("begins with https://; http:// only for an address of this machine or a private network")
        return value.rstrip("/")
