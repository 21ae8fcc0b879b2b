"""What forges and Continuum tell each other about repositories: refs, commits, rights, statuses, pull requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from pydantic import SecretStr

Right = Literal["read", "write", "admin"]
StatusState = Literal["pending", "success", "failure", "error"]
DeploymentState = Literal["in_progress", "success", "failure", "error", "inactive"]
Conclusion = Literal["success", "failure", "neutral", "cancelled", "skipped"]      # as forges spell them


@dataclass(frozen=True)
class Account:
    """Who asks. `id` is Continuum's, `token` the account's own for the forge, `members` its rights that Continuum
    keeps itself."""

    login: str
    role: Literal["owner", "user"] = "user"
    token: SecretStr | None = None
    members: Mapping[str, Right] = field(default_factory=dict)      # "owner/name" -> right
    id: int = 0


@dataclass(frozen=True)
class Grant:
    """What Continuum acts with on a repository when nobody asks at that moment. `who`: a login, or the App's slug."""

    token: SecretStr
    kind: Literal["installation", "person"]
    who: str


class Tokens(Protocol):
    """Where a forge gets its tokens from. Safe for several threads."""

    def of_account(self, account: Account) -> SecretStr:
        """The account's own; raises Unauthorized where it has none (any more)."""

    def of_repo(self, owner: str, name: str) -> Grant:
        """Raises Unauthorized, in words that say who has to connect or sign in again."""

    def revoked(self, token: SecretStr) -> None:
        """The forge answered 401 to it."""


class Installations(Protocol):
    """Where an App of ours acts with tokens of its own. Safe for several threads."""

    def grant(self, owner: str, name: str) -> Grant | None:
        """None: it is not installed there, or there is no App."""

    def revoked(self, token: SecretStr) -> None:
        """The forge answered 401 to it."""


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
    dockerfile: bool | None = None          # None: not looked for yet
    archived: bool = False

    @property
    def path(self) -> str:
        return f"{self.owner}/{self.name}"


@dataclass(frozen=True)
class Rate:
    """What is left of the forge's hourly limit. Times are seconds since 1970."""

    limit: int
    remaining: int
    resets: float
    paused_until: float | None = None       # a secondary limit asked for quiet


@dataclass(frozen=True)
class Page:
    """One page of repositories; `total` over all pages. `refreshed`: when the list was read (seconds since 1970)."""

    items: list[ForgeRepo]
    total: int
    page: int
    per_page: int
    refreshed: float | None = None
    refreshing: bool = False
    rate: Rate | None = None


@dataclass(frozen=True)
class Rights:
    """What an account may where, by `external_id`; where it may nothing is left out. `fresh`: not older than a minute."""

    rights: Mapping[str, Right]
    fresh: bool


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


@dataclass(frozen=True)
class Pull:
    """A pull request. It is a fork's where `head_repo_id` is not `base_repo_id`; ids outlive names."""

    number: int
    title: str
    state: Literal["open", "closed"]
    author: str
    author_id: str
    head_commit: str
    head_ref: str
    head_repo_id: str | None                # None: the fork is gone
    base_ref: str
    base_repo_id: str

    @property
    def fork(self) -> bool:
        return self.head_repo_id != self.base_repo_id


@dataclass(frozen=True)
class Annotation:
    path: str
    line: int
    level: Literal["notice", "warning", "failure"]
    title: str
    message: str


@dataclass(frozen=True)
class Check:
    """A check run beside a commit; `known` is the id of one to change. `conclusion` None: it still runs."""

    commit: str
    name: str
    conclusion: Conclusion | None
    title: str
    summary: str
    url: str
    annotations: tuple[Annotation, ...] = ()
    known: str | None = None
