"""The forge `github`: each question of the interface, asked with the right token."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydantic import SecretStr

from common.secrets.signin import SignIn
from common.wire.contracts import Clone
from common.wire.errors import Unauthorized

from ..base import (
    Account,
    Admission,
    Attempt,
    Check,
    Commit,
    Consent,
    Delivery,
    DeploymentState,
    Forge,
    ForgeEvent,
    ForgeRepo,
    Grant,
    Ignored,
    Page,
    Person,
    Pull,
    Refs,
    Registration,
    Right,
    Sent,
    Setup,
    Status,
    Tokens,
    Unsupported,
)
from ..base import Rights as AllRights
from ..names import check_repo
from . import events, scopes, setup, signature, signin
from .app import check_credentials, convert_manifest
from .client import Client
from .code import Code
from .feedback import Feedback
from .guard import Guard
from .hooks import EVENTS, Hooks
from .installed import Installed
from .receive import receive
from .repos import RepoLists
from .rights import Rights
from .settings import GitHubSettings
from .transport import Counted, HttpTransport, Transport
from .urls import Urls

OF_AN_APP = "ghu_"      # the beginning of a person's token by way of an App


class GitHubForge(Forge):
    """What an `account` asks for is asked with its own token; what nobody asks for, with the repository's grant."""

    name, title = "github", "GitHub"
    capabilities = frozenset({"signin", "rights", "webhook", "pages", "status", "deployment", "comment", "pulls", "check"})
    webhook_events = EVENTS

    def __init__(self, urls: Urls, tokens: Tokens | None, client: Client | None = None, *,
                 transport: Transport | None = None, settings: GitHubSettings | None = None):
        self._urls, self._tokens, settings = urls, tokens, settings or GitHubSettings()
        self.client = client or Client(urls, self._revoked, transport=transport)
        self._unattended = Client(urls, transport=self.client.transport)      # for what no account and no repository asks
        self._installed: Installed | None = None
        self.address, self.warning = urls.web, urls.warning
        self.admission = Admission(settings.github_owners, settings.github_users, settings.github_orgs, "GITHUB_USERS")
        self.registration = _of_environment(settings)
        self._lists, self._rights = RepoLists(self.client), Rights(self.client)
        self._code, self._hooks, self._feedback = Code(self.client), Hooks(self.client), Feedback(self.client)

    @classmethod
    def open(cls, settings: GitHubSettings, sent: Sent | None = None) -> GitHubForge:
        urls = Urls.of(settings)
        transport: Transport = HttpTransport(Guard(True if urls.public else None))
        return cls(urls, None, transport=Counted(transport, sent) if sent else transport, settings=settings)

    def act_with(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def consent(self, app: Registration, *, organisations: bool = False, repositories: bool = False) -> Consent:
        return scopes.consent(app, organisations, repositories)

    def reaches_repositories(self, app: Registration, granted: Iterable[str]) -> bool:
        return scopes.reach_repositories(app, granted)

    def authorize_url(self, app: Registration, attempt: Attempt, consent: Consent) -> str:
        return signin.authorize_url(self._urls, app, attempt, consent)

    def exchange(self, app: Registration, attempt: Attempt, code: str) -> Person:
        return signin.exchange(self.client, app, attempt, code)

    def renew(self, app: Registration, refresh: SecretStr) -> SignIn:
        return signin.renew(self.client.transport, self._urls, app.client_id, app.client_secret, refresh)

    def installations(self, registered: Callable[[], Registration | None]) -> Installed:
        self._installed = Installed(self._unattended, registered)
        return self._installed

    @classmethod
    def bound_to_app(cls, token: SecretStr) -> bool:
        return token.get_secret_value().startswith(OF_AN_APP)

    def access_changed(self) -> None:
        if self._installed:
            self._installed.forget()

    def setup(self, public_url: str, callback: str, organisation: str, state: str, *, hooked: bool) -> Setup:
        return setup.setup(self._urls, public_url, callback, organisation, state, hooked)

    def odd_credentials(self, client_id: str, client_secret: str) -> tuple[str, str] | None:
        return setup.odd_credentials(client_id, client_secret)

    def check_credentials(self, client_id: str, client_secret: SecretStr) -> str | None:
        return check_credentials(self._unattended, client_id, client_secret)

    def registered(self, code: str) -> Registration:
        return convert_manifest(self._unattended, code)

    def check_headers(self, headers: Mapping[str, str]) -> None:
        signature.check_form(headers.get(signature.HEADER, ""))

    def receive(self, headers: Mapping[str, str], body: bytes, secret: SecretStr | None) -> Delivery:
        return receive(headers, body, secret)

    def event_of(self, event: str, payload: Mapping[str, Any]) -> ForgeEvent | Ignored:
        return events.read(event, payload)

    def grant(self, owner: str, name: str) -> Grant:
        check_repo(owner, name)
        return self._tokens.of_repo(owner, name)

    def repos(self, query: str = "", page: int = 1, per_page: int = 30, account: Account | None = None) -> Page:
        if account is None:
            raise Unauthorized("the repositories at GitHub are listed for a person: sign in with GitHub")
        token = self._own(account)
        return self._lists.page(_seen_by(account, token), token, query, page, per_page)

    def rights_of(self, account: Account) -> AllRights:
        token = self._own(account)
        return self._lists.rights(_seen_by(account, token), token)

    def repo(self, owner: str, name: str, account: Account | None = None) -> ForgeRepo:
        return self._code.repo(self._token(owner, name, account), owner, name)

    def refs(self, owner: str, name: str, account: Account | None = None) -> Refs:
        return self._code.refs(self._token(owner, name, account), owner, name)

    def resolve(self, owner: str, name: str, ref: str, account: Account | None = None) -> Commit:
        return self._code.resolve(self._token(owner, name, account), owner, name, ref)

    def head(self, owner: str, name: str, ref: str) -> Commit:
        return self._code.head(self._token(owner, name), owner, name, ref)

    def file(self, owner: str, name: str, ref: str, path: str, account: Account | None = None) -> bytes:
        return self._code.file(self._token(owner, name, account), owner, name, ref, path)

    def changed(self, owner: str, name: str, before: str | None, after: str,
                account: Account | None = None) -> list[str] | None:
        return self._code.changed(self._token(owner, name, account), owner, name, before, after)

    def holds(self, owner: str, name: str, ref: str, commit: str) -> bool:
        return self._code.holds(self._token(owner, name), owner, name, ref, commit)

    def right_of(self, account: Account, owner: str, name: str) -> Right | None:
        check_repo(owner, name)
        return self._rights.of(self._own(account), owner, name)

    def member(self, account: Account, organisation: str) -> bool:
        return self._rights.member(self._own(account), organisation)

    def clone(self, owner: str, name: str) -> Clone:
        """The token is not in it: whoever hands it to builder seals the grant's."""
        check_repo(owner, name)
        return Clone(url=f"{self._urls.page(owner, name)}.git")

    def pull(self, owner: str, name: str, number: int) -> Pull:
        return self._code.pull(self._token(owner, name), owner, name, number)

    def pulls(self, owner: str, name: str) -> list[Pull]:
        return self._code.pulls(self._token(owner, name), owner, name)

    def set_status(self, owner: str, name: str, status: Status, *, again: bool = False) -> None:
        self._feedback.set_status(self.grant(owner, name), owner, name, status, again)

    def start_deployment(self, owner: str, name: str, commit: str, environment: str, description: str, *, mark: str,
                         again: bool = False) -> str:
        return self._feedback.start_deployment(self.grant(owner, name), owner, name, commit, environment, description,
                                               mark, again)

    def set_deployment(self, owner: str, name: str, deployment: str, state: DeploymentState, description: str,
                       log_url: str, environment_url: str, *, again: bool = False) -> None:
        self._feedback.set_deployment(self.grant(owner, name), owner, name, deployment, state, description, log_url,
                                      environment_url, again)

    def upsert_comment(self, owner: str, name: str, number: int, body: str, known: str | None) -> str:
        return self._feedback.upsert_comment(self.grant(owner, name), owner, name, number, body, known)

    def set_check(self, owner: str, name: str, check: Check, *, again: bool = False) -> str:
        return self._feedback.set_check(self._of_app(owner, name), owner, name, check, again)

    def add_webhook(self, owner: str, name: str, url: str, secret: SecretStr, account: Account) -> str:
        return self._hooks.add(self._token(owner, name, account), owner, name, url, secret)

    def remove_webhook(self, owner: str, name: str, webhook: str, account: Account) -> None:
        self._hooks.remove(self._token(owner, name, account), owner, name, webhook)

    def _revoked(self, token: SecretStr) -> None:
        if self._tokens:
            self._tokens.revoked(token)

    def _of_app(self, owner: str, name: str) -> Grant:
        grant = self.grant(owner, name)
        if grant.kind != "installation":
            raise Unsupported(f"GitHub takes check runs from Apps alone, and {grant.who} acts for {owner}/{name}: "
                              "install the App there")
        return grant

    def _token(self, owner: str, name: str, account: Account | None = None) -> SecretStr:
        check_repo(owner, name)
        return self._own(account) if account else self._tokens.of_repo(owner, name).token

    def _own(self, account: Account) -> SecretStr:
        return account.token or self._tokens.of_account(account)


def _seen_by(account: Account, token: SecretStr) -> str:
    """Whose copy it is: a token that may more sees more at once."""
    return f"{account.id or account.login} {hashlib.sha256(token.get_secret_value().encode()).hexdigest()}"


def _of_environment(settings: GitHubSettings) -> Registration | None:
    if not settings.github_client_id or not settings.github_client_secret:
        return None
    return Registration("oauth", settings.github_client_id, settings.github_client_secret, stored=False)
