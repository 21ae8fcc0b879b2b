"""Who and what there is at the stand-in. Tests make it, and change it while others look."""

from __future__ import annotations

import itertools
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .gitrepo import GitRepo

LEVELS = ("read", "triage", "write", "maintain", "admin")
ALL_SCOPES = frozenset({"repo", "admin:repo_hook", "read:org", "read:user"})


@dataclass
class Person:
    id: int
    login: str
    kind: str = "User"                  # or "Organization"
    email: str | None = None
    orgs: set[str] = field(default_factory=set)


@dataclass
class Token:
    """A person's, or an installation's (then `repos` are the ids that it is for)."""

    value: str
    login: str | None
    scopes: frozenset[str] = ALL_SCOPES
    client_id: str | None = None
    installation: int | None = None
    repos: frozenset[int] | None = None
    used: int = 0                       # requests of this hour


@dataclass
class Hook:
    id: int
    url: str
    secret: str
    events: list[str]
    active: bool = True
    deliveries: list[dict] = field(default_factory=list)


@dataclass
class PullRequest:
    number: int
    title: str
    author: str
    head_repo: int | None
    head_ref: str
    base_ref: str
    head: str
    state: str = "open"


@dataclass
class Repository:
    id: int
    owner: str
    name: str
    git: GitRepo
    private: bool = True
    archived: bool = False
    description: str | None = None
    default_branch: str = "main"
    rights: dict[str, str] = field(default_factory=dict)       # login -> one of LEVELS
    pushed: float = 0
    fork_of: int | None = None
    hooks: dict[int, Hook] = field(default_factory=dict)
    statuses: list[dict] = field(default_factory=list)         # {id, sha, state, context, description, target_url, …}
    deployments: dict[int, dict] = field(default_factory=dict)
    comments: dict[int, dict] = field(default_factory=dict)
    checks: dict[int, dict] = field(default_factory=dict)
    pulls: dict[int, PullRequest] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"{self.owner}/{self.name}"


@dataclass
class AppRegistration:
    """An OAuth app, or a GitHub App (with `app_id`, a public key and a slug)."""

    client_id: str
    client_secret: str
    app_id: int | None = None
    slug: str = ""
    owner: str = ""
    public_key: str = ""
    private_key: str = ""
    webhook: Hook | None = None
    callbacks: list[str] = field(default_factory=list)


@dataclass
class Installation:
    id: int
    app_id: int
    account: str
    repos: set[int]


class World:
    """`public_url`: as people reach the stand-in; set by the server. Guarded by `lock`."""

    def __init__(self, folder: Path):
        self.folder, self.public_url = folder, "http://github.invalid"
        self.lock, self.changed = threading.RLock(), threading.Condition()
        self.numbers = itertools.count(1001)
        self.people: dict[str, Person] = {}
        self.tokens: dict[str, Token] = {}
        self.repos: dict[int, Repository] = {}
        self.moved: dict[str, int] = {}                        # former "owner/name" -> id
        self.apps: dict[str, AppRegistration] = {}             # by client id
        self.installations: dict[int, Installation] = {}
        self.manifest_codes: dict[str, AppRegistration] = {}
        self.post = None                                       # set by the server: sends webhooks
        self.logins: dict[str, dict] = {}                      # code of a sign-in -> what it is for
        self.limit, self.resets = 5000, time.time() + 3600

    def person(self, login: str, kind: str = "User", orgs: tuple[str, ...] = ()) -> Person:
        made = self.people[login] = Person(next(self.numbers), login, kind, orgs=set(orgs))
        return made

    def token(self, login: str | None, scopes: frozenset[str] = ALL_SCOPES, **more) -> Token:
        kind = "ghs_" if more.get("installation") else "gho_"
        made = Token(kind + secrets.token_hex(18), login, scopes, **more)
        self.tokens[made.value] = made
        return made

    def revoke(self, value: str) -> None:
        self.tokens.pop(value, None)

    def repo(self, owner: str, name: str, files: dict | None = None, *, private: bool = True,
             rights: dict[str, str] | None = None) -> Repository:
        """With one commit where `files` are given; the owner is its admin."""
        number = next(self.numbers)
        made = Repository(number, owner, name, GitRepo.create(self.folder / f"{number}.git"), private,
                          rights={owner: "admin", **(rights or {})}, pushed=time.time())
        if files:
            made.git.commit(files, "First")
        self.repos[number] = made
        return made

    def fork(self, repo: Repository, owner: str) -> Repository:
        number = next(self.numbers)
        made = self.repos[number] = Repository(number, owner, repo.name,
                                               repo.git.fork(self.folder / f"{number}.git"), repo.private,
                                               rights={owner: "admin"}, fork_of=repo.id, pushed=time.time())
        return made

    def pull_request(self, repo: Repository, head: Repository, branch: str, author: str, title: str) -> PullRequest:
        number = next(self.numbers)
        made = PullRequest(number, title, author, head.id, branch, repo.default_branch, "")
        repo.pulls[number] = made
        self.follow_heads(head)
        return made

    def follow_heads(self, head: Repository) -> list[tuple[Repository, PullRequest]]:
        """Brings `refs/pull/N/head` of every pull request from `head` up to date; those that moved."""
        moved = []
        for repo in self.repos.values():
            for pull in repo.pulls.values():
                commit = head.git.head(f"refs/heads/{pull.head_ref}") if pull.head_repo == head.id else None
                if commit and commit != pull.head and pull.state == "open":
                    if repo is not head:
                        repo.git.fetch(head.git, commit)
                    repo.git.set(f"refs/pull/{pull.number}/head", commit)
                    pull.head = commit
                    moved.append((repo, pull))
        return moved

    def rename(self, repo: Repository, name: str, owner: str | None = None) -> None:
        """Also to another owner. The former name goes on leading here."""
        self.moved[repo.path.casefold()] = repo.id
        repo.name, repo.owner = name, owner or repo.owner

    def find(self, owner: str, name: str) -> Repository | None:
        path = f"{owner}/{name}".casefold()
        return next((repo for repo in self.repos.values() if repo.path.casefold() == path), None)

    def app(self, slug: str = "", **more) -> AppRegistration:
        made = AppRegistration(f"Ov23li{secrets.token_hex(7)}", secrets.token_hex(20), slug=slug, **more)
        self.apps[made.client_id] = made
        return made

    def install(self, app: AppRegistration, account: str, repos: list[Repository]) -> Installation:
        made = Installation(next(self.numbers), app.app_id or 0, account, {repo.id for repo in repos})
        self.installations[made.id] = made
        return made

    def tell(self) -> None:
        """Something changed that a test may wait for."""
        with self.changed:
            self.changed.notify_all()

    def wait_for(self, look: Callable[[], object], what: str, limit: float = 30):
        """What `look` answers once that is true; a bound for a thing that never comes, not a measure."""
        with self.changed:
            found = self.changed.wait_for(look, limit)
        assert found, f"there was no {what}"
        return found
