"""What a forge is to Continuum: one interface, a folder or a file for each forge.

    Forge         the interface; __init__.py has the list of those that there are
    Unsupported   what this forge does not have, e.g. webhooks of a folder; look into `capabilities` first

Rights are three, each holding the ones before it: read (see), write (run, retry, cancel, roll back), admin (stop,
waive, secrets, settings).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import SecretStr

from common.secrets.signin import SignIn
from common.wire.contracts import Clone
from common.wire.errors import Problem

from .events import About, Delivery, ForgeEvent, Ignored, Move
from .facts import (
    Account,
    Annotation,
    Check,
    Commit,
    Conclusion,
    DeploymentState,
    ForgeRepo,
    Grant,
    Installations,
    Page,
    Pull,
    Rate,
    Ref,
    Refs,
    Right,
    Rights,
    Status,
    StatusState,
    Tokens,
)
from .signin import Admission, Attempt, Consent, Person, Registration, Setup

__all__ = ["About", "Account", "Admission", "Annotation", "Attempt", "Capability", "Check", "Commit", "Conclusion",
           "Consent", "Delivery", "DeploymentState", "Forge", "ForgeEvent", "ForgeRepo", "Grant", "Ignored",
           "Installations", "Move", "Page", "Person", "Pull", "Rate", "Ref", "Refs", "Registration", "Right", "Rights",
           "Setup", "Status", "StatusState", "Tokens", "Unsupported"]

Capability = Literal[
    "passwords",      # people of this forge sign in with a password that Continuum keeps
    "signin",         # people sign in at the forge (OAuth), and Continuum acts with their tokens
    "rights",         # the forge says who may do what
    "webhook",        # the forge tells of pushes; otherwise Continuum looks at the repositories itself
    "pages",          # a repository and each of its commits have a page at the forge
    "folder",         # its repositories lie in a folder that is watched
    "sharing",        # owners lend a repository to others as a submodule
    "status", "deployment", "comment", "check", "pulls"]
Sent = Callable[[str, str], None]      # (method, "2xx", "304" or "none"): told of each request to the forge


class Unsupported(Problem):
    """This forge has no such thing; the text says what to do instead."""

    status, error = 501, "unsupported"


class Forge(ABC):
    """Where repositories live.

    Threads: each method may be called from several threads at once; a forge holds no lock while it waits for an answer.

    Authentication: what an `account` asks for is asked with the account's own token. Without an account, the grant of
    the repository acts (`Tokens.of_repo`). Signing in, registering and receiving deliveries need no `Tokens`.

    Errors: every method may raise NotFound (also for what the account may not see), BadRequest (a name that no
    repository or ref may have), Unauthorized (the forge does not accept the token), Unavailable (the forge does not
    answer), a Problem of status 429 (the forge asks Continuum to wait) and Unsupported (the forge lacks the capability).
    A forge never repeats a change by itself: the caller decides.
    """

    name: str                                        # in addresses, settings and the database
    title: str                                       # in sentences
    capabilities: frozenset[Capability] = frozenset()
    webhook_events: tuple[str, ...] = ()             # the events that a webhook subscribes to
    address: str = ""                                # of its pages; empty: it has none
    admission: Admission | None = None               # who may sign in; None: nobody signs in there
    registration: Registration | None = None         # the one in .env
    warning: str | None = None                       # what is unsafe about its settings, for owners

    @classmethod
    def open(cls, settings: Any, sent: Sent | None) -> Forge:
        """As `settings` (a ForgeSettings) say; `sent` as in `open_forge`."""
        raise Unsupported(f"the forge {cls.name} is not opened by settings")

    def act_with(self, tokens: Tokens) -> None:
        """From now on it acts with `tokens`. Before that, it signs people in, receives deliveries, and answers accounts
        that bring their token along."""

    def supports(self, feature: Capability) -> bool:
        return feature in self.capabilities

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

    def names(self) -> Iterable[tuple[str, str]]:
        """(owner, name) of every repository in the folder, in no order."""
        raise Unsupported(f"the repositories of the forge {self.name} lie in no folder")

    def git_folder(self, owner: str, name: str) -> Path:
        """The git directory of a repository in the folder; raises NotFound, BadRequest."""
        raise Unsupported(f"the repositories of the forge {self.name} lie in no folder")

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

    def consent(self, app: Registration, *, organisations: bool = False, repositories: bool = False) -> Consent:
        """What a person is asked for: their identity, their organisations, access to their repositories."""
        raise Unsupported(f"nobody signs in at the forge {self.name}")

    def reaches_repositories(self, app: Registration, scopes: Iterable[str]) -> bool:
        """Does a token with these scopes list and fetch a person's repositories?"""
        raise Unsupported(f"nobody signs in at the forge {self.name}")

    def authorize_url(self, app: Registration, attempt: Attempt, consent: Consent) -> str:
        """Where the browser goes to sign in."""
        raise Unsupported(f"nobody signs in at the forge {self.name}")

    def exchange(self, app: Registration, attempt: Attempt, code: str) -> Person:
        """Who came back with `code`. Raises BadRequest for a code that is not of this attempt."""
        raise Unsupported(f"nobody signs in at the forge {self.name}")

    def renew(self, app: Registration, refresh: SecretStr) -> SignIn:
        """The sign-in after the one whose refresh token this is. Raises Unauthorized where the forge refuses."""
        raise Unsupported(f"nobody signs in at the forge {self.name}")

    def installations(self, registered: Callable[[], Registration | None]) -> Installations:
        """Where the App acts that `registered` answers."""
        raise Unsupported(f"the forge {self.name} has no Apps")

    @classmethod
    def bound_to_app(cls, token: SecretStr) -> bool:
        """Is it a person's token that reaches no further than the App's installations?"""
        return False

    def access_changed(self) -> None:
        """The forge told that an App acts elsewhere now: what is remembered of it is asked for again."""

    def setup(self, public_url: str, callback: str, organisation: str, state: str, *, hooked: bool) -> Setup:
        """What a person enters to register this installation. `hooked`: the forge can reach `public_url`."""
        raise Unsupported(f"nothing is registered at the forge {self.name}")

    def odd_credentials(self, client_id: str, client_secret: str) -> tuple[str, str] | None:
        """(field, sentence) if one of the two has the wrong form; an empty secret is not judged. Asks nobody."""
        raise Unsupported(f"nothing is registered at the forge {self.name}")

    def check_credentials(self, client_id: str, client_secret: SecretStr) -> str | None:
        """A sentence if the forge does not know them, None if it does."""
        raise Unsupported(f"nothing is registered at the forge {self.name}")

    def registered(self, code: str) -> Registration:
        """The App that a person created from the manifest of `setup`; the forge answers a code once."""
        raise Unsupported(f"nothing is registered at the forge {self.name}")

    def check_headers(self, headers: Mapping[str, str]) -> None:
        """Refuse a delivery whose signature cannot be right, before its body is read. Raises Unauthorized."""
        raise Unsupported(f"the forge {self.name} has no webhooks")

    def receive(self, headers: Mapping[str, str], body: bytes, secret: SecretStr | None) -> Delivery:
        """The delivery, if `secret` signed it. Raises Unauthorized; BadRequest for what is no delivery."""
        raise Unsupported(f"the forge {self.name} has no webhooks")

    def event_of(self, event: str, payload: Mapping[str, Any]) -> ForgeEvent | Ignored:
        """What a received delivery says. It is read when it is processed, by today's rules. Raises nothing."""
        return Ignored(f"the forge {self.name} has no webhooks")

    def add_webhook(self, owner: str, name: str, url: str, secret: SecretStr, account: Account) -> str:
        """Have `webhook_events` told to `url`, signed with `secret`; answers the webhook's id. Repeatable."""
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
