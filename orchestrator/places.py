"""The forges that FORGES names, each with what it needs of us: GitHub its tokens and its registration."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial

from pydantic import SecretStr
from requests.auth import AuthBase

from common.client import ServiceClient
from common.errors import Unavailable
from common.signin import SignIn
from forges import Forge, GitHubForge, Grant, open_forge
from forges.github import Client, GitHubApp, Urls
from forges.github.guard import Guard
from forges.github.renewal import renew
from forges.github.reply import Reply
from forges.github.transport import HttpTransport, Transport

from . import metrics
from .registration import Registration, Registrations
from .settings import OrchestratorSettings
from .tokens import AccountTokens

log = logging.getLogger(__name__)

GITHUB = "github"


class Places:
    def __init__(self, db: ServiceClient, settings: OrchestratorSettings):
        self.registrations = Registrations(db, GITHUB, settings.orchestrator_seal_key, settings.seal_keys,
                                           _of_environment(settings))
        urls = Urls.of(settings)
        if GITHUB in settings.forge_names and urls.readable:
            log.warning("%s is plain http: tokens, code and secrets cross the network readable; give that GitHub a "
                        "certificate and write https:// into .env", urls.readable)
        transport = Counted(HttpTransport(Guard(True if urls.public else None)))
        self.github = Client(urls, transport=transport)      # for what no account and no repository asks
        self.installed = Installed(self.github, self.registrations)
        tokens = AccountTokens(db, GITHUB, settings.orchestrator_seal_key, self.installed,
                               partial(self._renewed, transport, urls), settings.seal_keys.get("orchestrator", ""))
        client = Client(urls, tokens.revoked, transport=transport)
        self.forges: dict[str, Forge] = {
            name: GitHubForge(urls, tokens, client) if name == GITHUB else open_forge(name, settings)
            for name in settings.forge_names}

    def _renewed(self, transport: Transport, urls: Urls, refresh: SecretStr) -> SignIn:
        registered = self.registrations.now()
        if registered is None:
            raise Unavailable("nothing is registered at GitHub any more: an owner does that on the setup page")
        return renew(transport, urls, registered.client_id, registered.client_secret, refresh)

    @property
    def hooked_forges(self) -> list[Forge]:
        """Those that tell of pushes by webhooks."""
        return [forge for forge in self.forges.values() if forge.supports("webhook")]

    def hooked(self, repo: dict) -> bool:
        """Does somebody tell us of the repository's pushes?"""
        registered = self.registrations.now()
        own = ((repo.get("settings") or {}).get("webhook") or {}).get("id")
        return bool(own) or registered is not None and registered.hooked


class Counted:
    """A transport that counts what it sends."""

    def __init__(self, inner: Transport):
        self._inner = inner

    def send(self, method: str, url: str, auth: AuthBase, headers: Mapping[str, str], json=None) -> Reply:
        answer = "none"
        try:
            reply = self._inner.send(method, url, auth, headers, json)
            answer = "304" if reply.status == 304 else f"{reply.status // 100}xx"
            return reply
        finally:
            metrics.FORGE_REQUESTS.labels(GITHUB, method, answer).inc()


class Installed:
    """The App that is registered now; `Installations` of tokens.py. Without one, it is installed nowhere."""

    def __init__(self, client: Client, registrations: Registrations):
        self._client, self._registrations = client, registrations
        self._app: tuple[Registration, GitHubApp] | None = None

    def grant(self, owner: str, name: str) -> Grant | None:
        app = self._now()
        return app.grant(owner, name) if app else None

    def revoked(self, token: SecretStr) -> None:
        app = self._now()
        if app:
            app.revoked(token)

    def forget(self) -> None:
        """GitHub told of a change of its installations."""
        app = self._now()
        if app:
            app.forget()

    def _now(self) -> GitHubApp | None:
        registered = self._registrations.now()
        if registered is None or registered.private_key is None:
            return None
        if self._app is None or self._app[0] != registered:
            self._app = registered, GitHubApp(self._client, registered.app_id, registered.slug, registered.private_key)
        return self._app[1]


def _of_environment(settings: OrchestratorSettings) -> Registration | None:
    if not settings.github_client_id:
        return None
    return Registration("oauth", settings.github_client_id, settings.github_client_secret)
