"""What a forge is to Continuum: one small interface, a file for each forge.

    Forge            the interface; every method may raise NotFound (also for what the account may not see),
    |                BadRequest (a name that no repository or ref may have), Unavailable (the forge is away)
    |-- LocalForge   a folder of git repositories (local.py)

    Unsupported      what this forge does not have, e.g. webhooks of a folder; ask `supports()` first

Rights are three, each holding the ones before it: read (see), write (run, retry, cancel, roll back), admin (stop,
waive, secrets, settings).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import SecretStr

from common.contracts import Clone
from common.errors import Problem

Right = Literal["read", "write", "admin"]
Feature = Literal["status", "webhook", "rights"]
StatusState = Literal["pending", "success", "failure", "error"]


class Unsupported(Problem):
    """This forge has no such thing; the text says what to do instead."""

    status, error = 501, "unsupported"


@dataclass(frozen=True)
class Account:
    """Who asks. `token` is the account's own for the forge, `members` its rights that Continuum keeps itself."""

    login: str
    role: Literal["owner", "user"] = "user"
    token: SecretStr | None = None
    members: Mapping[str, Right] = field(default_factory=dict)      # "owner/name" -> right


@dataclass(frozen=True)
class ForgeRepo:
    """A repository as its forge tells it. `external_id` stays the same over renames; None: the name is the id."""

    owner: str
    name: str
    default_branch: str
    private: bool = True
    description: str = ""
    url: str = ""
    external_id: str | None = None

    @property
    def path(self) -> str:
        return f"{self.owner}/{self.name}"


@dataclass(frozen=True)
class Page:
    """One page of repositories; `total` over all pages."""

    items: list[ForgeRepo]
    total: int
    page: int
    per_page: int


@dataclass(frozen=True)
class Ref:
    name: str           # "main", "v1.0"
    commit: str         # 40 or 64 hex digits; of a tag: the commit it names


@dataclass(frozen=True)
class Refs:
    default_branch: str
    branches: list[Ref]
    tags: list[Ref]


@dataclass(frozen=True)
class Commit:
    """`message` is whole, the subject is its first line; `at` is seconds since 1970."""

    sha: str
    message: str
    author: str
    at: int

    @property
    def subject(self) -> str:
        return self.message.partition("\n")[0]


@dataclass(frozen=True)
class Status:
    """What a forge shows beside a commit: one for each `context`, e.g. "continuum/build"."""

    commit: str
    state: StatusState
    context: str
    description: str
    url: str


class Forge(ABC):
    """Where repositories live. Safe for several threads."""

    name: str

    def supports(self, feature: Feature) -> bool:
        """Has this forge commit statuses, webhooks, rights of its own?"""
        return False

    @abstractmethod
    def repos(self, query: str = "", page: int = 1, per_page: int = 30, account: Account | None = None) -> Page:
        """Repositories that `account` may see, whose "owner/name" contains `query`, sorted by it."""

    @abstractmethod
    def repo(self, owner: str, name: str, account: Account | None = None) -> ForgeRepo:
        """One repository; after a rename: its new names, found by the old ones."""

    @abstractmethod
    def refs(self, owner: str, name: str, account: Account | None = None) -> Refs:
        """Branches and tags, newest commit first."""

    @abstractmethod
    def resolve(self, owner: str, name: str, ref: str, account: Account | None = None) -> Commit:
        """The commit that a branch, a tag or a hash (7 digits or more) names; a branch goes before a tag."""

    @abstractmethod
    def file(self, owner: str, name: str, ref: str, path: str, account: Account | None = None) -> bytes:
        """One file of the tree at `ref`; raises TooLarge past 1 MiB."""

    @abstractmethod
    def changed(self, owner: str, name: str, before: str | None, after: str,
                account: Account | None = None) -> list[str] | None:
        """Paths that differ between two commits; None where that cannot be told."""

    @abstractmethod
    def right_of(self, account: Account, owner: str, name: str) -> Right | None:
        """What the account may do there, asked now; None: not even see it."""

    @abstractmethod
    def clone(self, owner: str, name: str) -> Clone:
        """How builder fetches the code."""

    def set_status(self, owner: str, name: str, status: Status) -> None:
        """Show `status` beside its commit."""
        raise Unsupported(f"the forge {self.name} has no commit statuses; the run's page shows the state")

    def add_webhook(self, owner: str, name: str, url: str, secret: SecretStr, account: Account) -> str:
        """Have pushes told to `url`, signed with `secret`; answers the webhook's id. Repeatable."""
        raise Unsupported(f"the forge {self.name} has no webhooks; its pushes are seen without one")

    def remove_webhook(self, owner: str, name: str, webhook: str, account: Account) -> None:
        """Repeatable."""
        raise Unsupported(f"the forge {self.name} has no webhooks")
