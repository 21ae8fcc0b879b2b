"""What a forge is to Continuum: one small interface, a file for each forge.

    Forge            the interface; every method may raise NotFound (also for what the account may not see),
    |                BadRequest (a name that no repository or ref may have), Unavailable (the forge is away)
    |-- LocalForge   a folder of git repositories (local.py)
    |-- GitHubForge  github.com, or an Enterprise (github/)

    Unsupported      what this forge does not have, e.g. webhooks of a folder; ask `supports()` first

Rights are three, each holding the ones before it: read (see), write (run, retry, cancel, roll back), admin (stop,
waive, secrets, settings).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from pydantic import SecretStr

from common.contracts import Clone
from common.errors import Problem

Right = Literal["read", "write", "admin"]
Feature = Literal["status", "webhook", "rights", "deployment", "comment", "check", "pulls"]
StatusState = Literal["pending", "success", "failure", "error"]
DeploymentState = Literal["in_progress", "success", "failure", "error", "inactive"]
Conclusion = Literal["success", "failure", "neutral", "cancelled", "skipped"]      # as forges spell them


class Unsupported(Problem):
    """This forge has no such thing; the text says what to do instead."""

    status, error = 501, "unsupported"


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

    def head(self, owner: str, name: str, ref: str) -> Commit:
        """The commit that one branch or tag is at now, by its full name (`refs/heads/main`); raises NotFound."""
        return self.resolve(owner, name, ref)

    @abstractmethod
    def file(self, owner: str, name: str, ref: str, path: str, account: Account | None = None) -> bytes:
        """One file of the tree at `ref`; raises TooLarge past 1 MiB."""

    @abstractmethod
    def changed(self, owner: str, name: str, before: str | None, after: str,
                account: Account | None = None) -> list[str] | None:
        """Paths that differ between two commits; None where that cannot be told."""

    def holds(self, owner: str, name: str, ref: str, commit: str) -> bool:
        """Has the branch or tag `ref` this commit behind it? Where the forge finds nothing else by a hash: always."""
        return True

    @abstractmethod
    def right_of(self, account: Account, owner: str, name: str) -> Right | None:
        """What the account may do there, asked now; None: not even see it."""

    def rights_of(self, account: Account) -> Rights:
        """On all repositories at once, from a copy."""
        raise Unsupported(f"the forge {self.name} has no rights of its own")

    def member(self, account: Account, organisation: str) -> bool:
        """Do they belong to it, asked now?"""
        raise Unsupported(f"the forge {self.name} has no organisations")

    @abstractmethod
    def clone(self, owner: str, name: str) -> Clone:
        """How builder fetches the code."""

    def grant(self, owner: str, name: str) -> Grant | None:
        """What acts for Continuum on the repository; None: no token is needed. Raises Unauthorized."""
        return None

    def pull(self, owner: str, name: str, number: int) -> Pull:
        raise Unsupported(f"the forge {self.name} has no pull requests")

    def pulls(self, owner: str, name: str) -> list[Pull]:
        """The open ones."""
        raise Unsupported(f"the forge {self.name} has no pull requests")

    def set_status(self, owner: str, name: str, status: Status, *, again: bool = False) -> None:
        """Show `status` beside its commit. Here and below, with `again` an earlier try may have arrived: then it is looked
        for, and is not made twice."""
        raise Unsupported(f"the forge {self.name} has no commit statuses; the run's page shows the state")

    def add_webhook(self, owner: str, name: str, url: str, secret: SecretStr, account: Account) -> str:
        """Have pushes told to `url`, signed with `secret`; answers the webhook's id. Repeatable."""
        raise Unsupported(f"the forge {self.name} has no webhooks; its pushes are seen without one")

    def remove_webhook(self, owner: str, name: str, webhook: str, account: Account) -> None:
        """Repeatable."""
        raise Unsupported(f"the forge {self.name} has no webhooks")

    def start_deployment(self, owner: str, name: str, commit: str, environment: str, description: str, *, mark: str,
                         again: bool = False) -> str:
        """Tell the forge of a deployment; answers its id there. `mark` is the deployment's own; with `again` one that
        has it may be there already, and is the answer then."""
        raise Unsupported(f"the forge {self.name} shows no deployments")

    def set_deployment(self, owner: str, name: str, deployment: str, state: DeploymentState, description: str,
                       log_url: str, environment_url: str, *, again: bool = False) -> None:
        raise Unsupported(f"the forge {self.name} shows no deployments")

    def upsert_comment(self, owner: str, name: str, number: int, body: str, known: str | None) -> str:
        """One comment on a pull request, changed in place; answers its id. Where `known` is None or gone, it is found
        by the first line of `body`, which is the same each time."""
        raise Unsupported(f"the forge {self.name} has no comments")

    def set_check(self, owner: str, name: str, check: Check, *, again: bool = False) -> str:
        """Make or change a check run; answers its id."""
        raise Unsupported(f"the forge {self.name} has no check runs")
