"""What GitHubForge needs around it: addresses, and tokens as orchestrator would hand them out."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import SecretStr

from common.errors import Unauthorized
from forges.base import Account, Grant
from forges.github import GitHubForge, Urls


@dataclass(frozen=True)
class Settings:
    github_url: str
    github_api_url: str


@dataclass
class Tokens:
    """`person`'s token for everything, or what `app` (a GitHubApp) grants."""

    person: Account
    app: object = None
    refused: list[SecretStr] = field(default_factory=list)

    def of_account(self, account: Account) -> SecretStr:
        if account.token is None:
            raise Unauthorized(f"{account.login} has to sign in with GitHub")
        return account.token

    def of_repo(self, owner: str, name: str) -> Grant:
        found = self.app.grant(owner, name) if self.app else None
        return found or Grant(self.of_account(self.person), "person", self.person.login)

    def revoked(self, token: SecretStr) -> None:
        self.refused.append(token)


def forge_at(web: str, api: str, tokens: Tokens) -> GitHubForge:
    return GitHubForge(Urls.of(Settings(web, api)), tokens)


def person(login: str, token: str) -> Account:
    return Account(login, token=SecretStr(token), id=1)
