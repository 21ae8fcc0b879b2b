"""Our forge before the stand-in: what orchestrator gives it, in memory."""

from __future__ import annotations

from common.errors import Unauthorized
from forges.base import Account, Grant
from forges.github import Client, GitHubApp, GitHubForge, Urls
from pydantic import SecretStr

from .server import StandIn


class MemoryTokens:
    """The protocol `Tokens`. `people`: login -> token; `grants`: "owner/name" -> Grant, or the App that makes them."""

    def __init__(self) -> None:
        self.people: dict[str, SecretStr] = {}
        self.grants: dict[str, Grant] = {}
        self.app: GitHubApp | None = None
        self.refused: list[SecretStr] = []

    def of_account(self, account: Account) -> SecretStr:
        if account.login not in self.people:
            raise Unauthorized(f"{account.login} must sign in with GitHub again")
        return self.people[account.login]

    def of_repo(self, owner: str, name: str) -> Grant:
        grant = self.app.grant(owner, name) if self.app else self.grants.get(f"{owner}/{name}")
        if grant is None:
            raise Unauthorized(f"nobody acts for {owner}/{name}: connect it again")
        return grant

    def revoked(self, token: SecretStr) -> None:
        self.refused.append(token)
        self.people = {login: kept for login, kept in self.people.items() if kept != token}


def account(login: str, number: int = 7) -> Account:
    return Account(login, id=number)


def signed_in(github: StandIn, tokens: MemoryTokens, login: str, **more) -> SecretStr:
    """`login` with a token at the stand-in."""
    made = SecretStr(github.world.token(login, **more).value)
    tokens.people[login] = made
    return made


def connected(github: StandIn, tokens: MemoryTokens, path: str, login: str) -> None:
    """`login` acts for the repository."""
    token = tokens.people.get(login) or signed_in(github, tokens, login)
    tokens.grants[path] = Grant(token, "person", login)


def forge_at(github: StandIn, tokens: MemoryTokens) -> GitHubForge:
    return GitHubForge(Urls(github.url, github.api), tokens)


def app_at(github: StandIn, registration) -> GitHubApp:
    """`registration`: an AppRegistration of the stand-in with a key."""
    return GitHubApp(Client(Urls(github.url, github.api)), registration.app_id, registration.slug,
                     SecretStr(registration.private_key))
