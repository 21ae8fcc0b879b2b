"""What orchestrator gives our forge, in memory; and the stand-in's state in words that these tests need often."""

from pydantic import SecretStr

from common.wire.errors import Unauthorized
from forges.base import Account, Grant
from forges.github import Client, GitHubApp, GitHubForge, Urls
from tests.github import store

SCOPES = ("repo", "admin:repo_hook")
MANIFEST = {"name": "Continuum CI", "url": "http://localhost:1",
            "default_permissions": dict.fromkeys(("statuses", "checks", "deployments", "pull_requests"), "write")}


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


def signed_in(github, tokens: MemoryTokens, login: str, *scopes: str) -> SecretStr:
    """`login` with a token at the stand-in."""
    made = tokens.people[login] = SecretStr(github.token(login, *(scopes or SCOPES)).value)
    return made


def connected(github, tokens: MemoryTokens, path: str, login: str, *scopes: str) -> None:
    """`login` acts for the repository."""
    tokens.grants[path] = Grant(signed_in(github, tokens, login, *scopes), "person", login)


def forge_at(github, tokens: MemoryTokens) -> GitHubForge:
    return GitHubForge(Urls(github.url, github.api), tokens)


def app_at(github, app) -> GitHubApp:
    return GitHubApp(Client(Urls(github.url, github.api)), app.id, app.slug, SecretStr(app.private_key))


def asked(github, method: str = "", path: str = "") -> list[str]:
    """Paths with query that were asked so far."""
    return [where for how, where, _ in github.seen if method in ("", how) and path in where]


def head(repo, name: str = "main") -> str:
    return store.commit_of(repo.folder, name)


def point(repo, ref: str, commit: str) -> None:
    store.git(repo.folder, "update-ref", ref, commit)
