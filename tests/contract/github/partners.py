"""What GitHubForge needs around it: addresses, tokens as orchestrator would hand them out; and it at a watched stand-in."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from pydantic import SecretStr

from cli.waiting import wait_for
from common.wire.errors import Unauthorized
from forges.base import Account, Grant, Page
from forges.github import Client, GitHubApp, GitHubForge, Urls
from tests.contract.github.conftest import watched

PERMISSIONS = {"metadata": "read", "contents": "read", "statuses": "write", "checks": "write", "deployments": "write",
               "pull_requests": "write"}
MANIFEST = {"name": "Continuum here", "url": "http://localhost:1", "redirect_url": "http://localhost:1/created",
            "default_permissions": PERMISSIONS}


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


def wait_until_refreshed(forge: GitHubForge, account: Account) -> Page:
    """The page once the whole list is there."""
    def look():
        page = forge.repos(per_page=30, account=account)
        return page if page.refreshed and not page.refreshing else None
    return wait_for(look, "the list to be whole", 60, every=0.05)


@pytest.fixture()
def github(tmp_path):
    """Without leave to send anything that GitHub would refuse as invalid."""
    with watched(tmp_path / "github") as made:
        made.user("writer")
        made.user("reader")
        yield made


@pytest.fixture()
def writer(github):
    return person("writer", github.token("writer", "repo", "read:org").value)


@pytest.fixture()
def tokens(writer):
    return Tokens(writer)


@pytest.fixture()
def forge(github, tokens):
    return forge_at(github.url, github.api, tokens)


@pytest.fixture()
def client(github):
    return Client(Urls.of(Settings(github.url, github.api)))


@pytest.fixture()
def by_app(github, app, client, tokens):
    """The forge, where an App is installed that acts for it."""
    made = github.app(MANIFEST, "writer")
    github.install(made, "writer")
    tokens.app = GitHubApp(client, made.id, made.slug, SecretStr(made.private_key))
    return forge_at(github.url, github.api, tokens)


@pytest.fixture()
def pull(github, app):
    github.commit(app, {"a": "b"}, branch="topic")
    return github.pull(app, app, "topic", title="A change", author="writer")
