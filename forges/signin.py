"""How a person signs in at a forge, and how this installation is registered there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import SecretStr

from common.secrets.signin import SignIn


@dataclass(frozen=True)
class Registration:
    """How this installation is registered at a forge. Only an App has `app_id`, `private_key` and `webhook_secret`.
    `stored`: the setup page stored it; otherwise it is in .env."""

    kind: Literal["oauth", "app"]
    client_id: str
    client_secret: SecretStr
    app_id: str = ""
    slug: str = ""
    html_url: str = ""
    private_key: SecretStr | None = None
    webhook_secret: SecretStr | None = None
    stored: bool = True

    @property
    def hooked(self) -> bool:
        """Does the App have one webhook for all repositories on which it is installed?"""
        return self.webhook_secret is not None


@dataclass(frozen=True)
class Consent:
    """What a person is asked to allow at the forge: `scopes` for the forge, `words` for the person."""

    scopes: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True)
class Attempt:
    """A sign-in that a browser began: OAuth 2 with state and PKCE. `callback`: where the forge sends the browser."""

    state: str
    verifier: str
    callback: str


@dataclass(frozen=True)
class Person:
    """Who signed in. `id` is the forge's number of the person, which stays the same when the login changes."""

    id: str
    login: str
    name: str
    avatar_url: str | None
    sign_in: SignIn
    scopes: tuple[str, ...]

    @property
    def token(self) -> SecretStr:
        return self.sign_in.token


@dataclass(frozen=True)
class Admission:
    """Who may sign in, as the settings say: logins, or `id:NUMBER`, separated by commas. `setting`: where a person is
    added."""

    owners: str
    users: str
    organisations: str
    setting: str


@dataclass(frozen=True)
class Setup:
    """What a person enters at the forge to register this installation."""

    enter: Mapping[str, str]              # label in the forge's form -> value
    app_url: str                          # where `manifest` is posted to
    oauth_url: str
    manifest: str
    permissions: Mapping[str, tuple[str, str]]      # name -> (level, why)
