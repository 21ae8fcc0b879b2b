"""The App that is registered now. Without one, it is installed nowhere."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import SecretStr

from ..facts import Grant
from ..signin import Registration
from .app import GitHubApp
from .client import Client


class Installed:
    """`Installations` (facts.py) by way of whatever `registered` answers."""

    def __init__(self, client: Client, registered: Callable[[], Registration | None]):
        self._client, self._registered = client, registered
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
        registered = self._registered()
        if registered is None or registered.private_key is None:
            return None
        if self._app is None or self._app[0] != registered:
            self._app = registered, GitHubApp(self._client, registered.app_id, registered.slug, registered.private_key)
        return self._app[1]
