"""What GitHub remembers. Plain records; `hub.py` makes and changes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

RIGHTS = ("pull", "triage", "push", "maintain", "admin")      # each holds those before it


@dataclass
class Account:
    """A person, an organisation, or the Bot that an App writes as; `members` of an organisation: login -> admin, member, or
    pending for who was invited."""

    id: int
    login: str
    kind: Literal["User", "Organization", "Bot"] = "User"
    members: dict[str, str] = field(default_factory=dict)


@dataclass
class Repo:
    """`folder`: its bare git repository, named by id, so that a rename moves nothing. `rights`: login -> one of RIGHTS."""

    id: int
    owner: Account
    name: str
    folder: Path
    created: str
    pushed: str = ""
    private: bool = False
    archived: bool = False
    default_branch: str = "main"
    description: str | None = None
    rights: dict[str, str] = field(default_factory=dict)
    parent: Repo | None = None
    hooks: dict[int, Hook] = field(default_factory=dict)
    pulls: dict[int, Pull] = field(default_factory=dict)
    statuses: list[dict] = field(default_factory=list)                  # newest last, as the API spells them
    deployments: dict[int, dict] = field(default_factory=dict)
    deployment_statuses: dict[int, list[dict]] = field(default_factory=dict)
    comments: dict[int, dict] = field(default_factory=dict)
    checks: dict[int, dict] = field(default_factory=dict)
    lfs: dict[str, bytes] = field(default_factory=dict)                 # by SHA-256

    @property
    def path(self) -> str:
        return f"{self.owner.login}/{self.name}"

    def right_of(self, account: Account | None) -> str | None:
        """One of RIGHTS, or None for whoever may not even see it."""
        if account is None:
            return None if self.private else "pull"
        if account is self.owner or self.owner.members.get(account.login) == "admin":
            return "admin"
        return self.rights.get(account.login) or (None if self.private else "pull")


@dataclass
class Pull:
    id: int
    number: int
    title: str
    author: Account
    head: Repo | None                 # None: the fork is gone
    head_owner: Account
    head_ref: str
    base: Repo
    base_ref: str
    head_sha: str
    created: str
    state: Literal["open", "closed"] = "open"
    draft: bool = False


@dataclass
class Hook:
    id: int
    url: str
    secret: str
    events: list[str]
    active: bool
    content_type: str
    created: str
    last: dict = field(default_factory=lambda: {"code": None, "status": "unused", "message": None})


@dataclass
class Delivery:
    """One try of a delivery: a redelivery has the same guid and another id."""

    id: int
    guid: str
    event: str
    action: str | None
    url: str
    body: bytes
    secret: str
    hook: Hook | None                 # None: an App's
    repo: Repo | None
    at: str
    redelivery: bool = False
    status: int | None = None         # None: not answered (yet)
    answer: str = ""


@dataclass
class OAuthApp:
    """An OAuth app, or the sign-in half of a GitHub App (`app`)."""

    client_id: str
    secret: str
    callbacks: list[str]
    name: str
    url: str
    app: App | None = None


@dataclass
class App:
    id: int
    slug: str
    owner: Account
    bot: Account                      # SLUG[bot]
    oauth: OAuthApp
    private_key: str                  # PEM
    permissions: dict[str, str]
    events: list[str]
    hook_url: str | None
    webhook_secret: str
    created: str
    expiring: bool = True             # people's tokens of it live eight hours, as GitHub has it unless one opts out


@dataclass
class Installation:
    """`repos` None: on all repositories of the account."""

    id: int
    app: App
    account: Account
    created: str
    repos: list[int] | None = None
    suspended: bool = False

    def covers(self, repo: Repo) -> bool:
        return repo.owner is self.account and (self.repos is None or repo.id in self.repos)

    def reaches(self, repo: Repo) -> bool:
        return not self.suspended and self.covers(repo)


@dataclass
class Token:
    value: str
    account: Account | None           # None: an installation's
    scopes: list[str]
    client: OAuthApp | None = None
    installation: Installation | None = None
    only: list[int] | None = None     # an installation's token may be for some repositories alone
    permissions: dict[str, str] = field(default_factory=dict)
    expires: float | None = None
    revoked: bool = False


@dataclass
class Refresh:
    """A refresh token: counts once, and its use ends the token that came with it."""

    token: Token
    until: float


@dataclass
class Code:
    """Of the authorization code flow; counts once, for ten minutes."""

    client: OAuthApp
    account: Account
    scopes: list[str]
    redirect_uri: str
    challenge: str | None
    until: float
    used: bool = False
