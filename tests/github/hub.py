"""GitHub as a test holds it: makes people, repositories, tokens and apps, and changes them as people would there."""

from __future__ import annotations

import itertools
import secrets
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from . import apps, pushes, store
from .faults import Faults
from .limits import Limits
from .outbox import Outbox
from .state import Account, App, Code, Installation, OAuthApp, Pull, Refresh, Repo, Token


class GitHub:
    """Safe for several threads. `url`: where clients reach it, without a slash at the end."""

    def __init__(self, folder: Path, url: str = "http://localhost", clock: Callable[[], float] = time.time,
                 first_id: int = 1001):
        self.folder, self.url, self.clock = folder, url.rstrip("/"), clock
        self.lock = threading.RLock()
        self.accounts: dict[str, Account] = {}                 # by login in lower case
        self.repos: dict[int, Repo] = {}
        self.moved: dict[str, int] = {}                        # an old owner/name in lower case -> id
        self.tokens: dict[str, Token] = {}
        self.clients: dict[str, OAuthApp] = {}
        self.codes: dict[str, Code] = {}
        self.apps: dict[int, App] = {}
        self.manifests: dict[str, tuple[dict, Account]] = {}   # code -> manifest, who pressed the button
        self.installations: dict[int, Installation] = {}
        self.refreshes: dict[str, Refresh] = {}                # by the refresh token
        self.seen: list[tuple[str, str, int]] = []             # method, path with query, status of each request
        self.fetched: list[tuple[str, Token | None]] = []      # owner/name, and by which token git was let in
        self.lfs_keys: dict[str, str] = {}                     # of the addresses of LFS's contents
        self.watchers: list[Callable] = []                     # each is given every gate.Exchange of the API
        self.faults, self.limits, self.outbox = Faults(), Limits(lambda: self.clock()), Outbox(self)
        self._ids = itertools.count(first_id)

    @property
    def api(self) -> str:
        return f"{self.url}/api/v3"

    def next_id(self) -> int:
        return next(self._ids)

    def now(self) -> str:
        return datetime.fromtimestamp(self.clock(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def user(self, login: str) -> Account:
        return self._account(login, "User")

    def org(self, login: str, **members: str) -> Account:
        """members: login=admin or login=member; a login with a hyphen goes in by `account.members`."""
        made = self._account(login, "Organization")
        made.members |= members
        return made

    def _account(self, login: str, kind: str) -> Account:
        with self.lock:
            return self.accounts.setdefault(login.lower(), Account(self.next_id(), login, kind))

    def account(self, login: str) -> Account:
        return self.accounts[login.lower()]

    def repo(self, path: str, *, files: dict[str, str] | None = None, private: bool = False, branch: str = "main",
             rights: dict[str, str] | None = None, description: str | None = None) -> Repo:
        """A new repository of an account that is there; with a first commit where `files` are given."""
        owner, name = path.split("/")
        with self.lock:
            made = self._repo(self.account(owner), name, private=private, default_branch=branch,
                              rights=dict(rights or {}), description=description)
            store.make(made.folder, branch)
        if files:
            store.write(made.folder, branch, files, "First commit")
        return made

    def fork(self, source: Repo, owner: str) -> Repo:
        with self.lock:
            made = self._repo(self.account(owner), source.name, private=source.private, parent=source,
                              default_branch=source.default_branch)
            store.copy(source.folder, made.folder)
        return made

    def _repo(self, owner: Account, name: str, **fields) -> Repo:
        number = self.next_id()
        made = Repo(number, owner, name, self.folder / f"{number}.git", self.now(), **fields)
        self.repos[number] = made
        self.moved.pop(made.path.lower(), None)
        return made

    def find(self, path: str) -> Repo | None:
        """By today's name."""
        return next((repo for repo in list(self.repos.values()) if repo.path.lower() == path.lower()), None)

    def commit(self, repo: Repo, files: dict[str, str | None], *, branch: str = "main", message: str = "Change",
               by: str | None = None) -> str:
        """A commit made on GitHub's page, with the deliveries that it starts; answers the commit."""
        with self.lock:
            before = store.refs(repo.folder)
            sha = store.write(repo.folder, branch, files, message)
            pushes.arrived(self, repo, before, self.account(by) if by else repo.owner)
        return sha

    def move(self, repo: Repo, path: str) -> None:
        """Rename or transfer, with the events; the old name leads to the new one by 301."""
        pushes.moved(self, repo, path)

    def change(self, repo: Repo, action: str, **fields) -> None:
        """E.g. change(repo, "archived", archived=True), or "privatized", "publicized", "edited"."""
        with self.lock:
            for name, value in fields.items():
                setattr(repo, name, value)
            if "default_branch" in fields:
                store.git(repo.folder, "symbolic-ref", "HEAD", f"refs/heads/{repo.default_branch}")
        self.outbox.tell(repo, "repository", {"action": action}, repo.owner)

    def delete(self, repo: Repo) -> None:
        self.outbox.tell(repo, "repository", {"action": "deleted"}, repo.owner)
        with self.lock:
            del self.repos[repo.id]
            for other in self.repos.values():
                for pull in other.pulls.values():
                    pull.head = None if pull.head is repo else pull.head

    def pull(self, base: Repo, head: Repo, head_ref: str, *, title: str = "A change", author: str,
             base_ref: str | None = None) -> Pull:
        return pushes.open_pull(self, base, head, head_ref, title, self.account(author), base_ref)

    def close(self, pull: Pull) -> None:
        pushes.close_pull(self, pull)

    def token(self, login: str, *scopes: str, client: OAuthApp | None = None) -> Token:
        """A person's token, as after a sign-in."""
        prefix = "ghu_" if client and client.app else "gho_"
        return self.keep(Token(prefix + secrets.token_hex(18), self.account(login), list(scopes), client))

    def keep(self, token: Token) -> Token:
        with self.lock:
            self.tokens[token.value] = token
        return token

    def revoke(self, value: str) -> None:
        self.tokens[value].revoked = True

    def oauth_app(self, callback: str, name: str = "Continuum") -> OAuthApp:
        made = OAuthApp("Ov23li" + secrets.token_hex(7), secrets.token_hex(20), [callback], name, callback)
        self.clients[made.client_id] = made
        return made

    def app(self, manifest: dict, owner: str) -> App:
        return apps.create(self, manifest, self.account(owner))

    def install(self, app: App, login: str, repos: list[Repo] | None = None) -> Installation:
        return apps.install(self, app, self.account(login), repos)

    def suspend(self, installation: Installation, suspended: bool = True) -> None:
        apps.suspend(self, installation, suspended)

    def uninstall(self, installation: Installation) -> None:
        apps.uninstall(self, installation)
