"""The sign-in at GitHub, by Authlib: authorization code with state and PKCE (S256)."""

from __future__ import annotations

import time
from dataclasses import dataclass

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from flask import current_app
from pydantic import SecretStr

from common.errors import BadRequest, Unavailable
from common.signin import SignIn

from . import http
from .registration import Registration
from .states import Begun


@dataclass(frozen=True)
class Person:
    """Who GitHub says is there. `id` is GitHub's number, which outlives names."""

    id: str
    login: str
    name: str
    avatar_url: str | None
    sign_in: SignIn
    scopes: list[str]

    @property
    def token(self) -> SecretStr:
        return self.sign_in.token


def callback_url() -> str:
    return f"{current_app.config['SETTINGS'].public_url}/signin/github/callback"


def authorize_url(registration: Registration, begun: Begun, scopes: list[str]) -> str:
    url, _ = _client(registration, scopes).create_authorization_url(
        f"{current_app.config['SETTINGS'].github_url}/login/oauth/authorize", state=begun.state,
        code_verifier=begun.verifier)
    return url


def person_of(registration: Registration, begun: Begun, code: str) -> Person:
    """Exchange `code` and ask who it is. Raises BadRequest for a code that is not this sign-in's, Unavailable where
    GitHub does not answer."""
    settings = current_app.config["SETTINGS"]
    try:
        token = _client(registration, []).fetch_token(
            f"{settings.github_url}/login/oauth/access_token", code=code, code_verifier=begun.verifier,
            timeout=http.TIMEOUT, allow_redirects=False)
    except AuthlibBaseError as problem:
        raise BadRequest(_told(problem)) from None
    except (requests.RequestException, ValueError) as problem:
        raise Unavailable(f"GitHub does not answer as it should ({type(problem).__name__}): try again in a minute") from None
    return _profile(settings.github_api, token)


def _profile(api: str, token: dict) -> Person:
    sign_in = SignIn.of_answer(token, time.time())
    if sign_in is None:
        raise BadRequest("GitHub gave no token for this sign-in: begin it again")
    answer = http.fetch(f"{api}/user", sign_in.token.get_secret_value())
    if answer.status_code != 200:
        raise Unavailable(f"GitHub answered {answer.status_code} when asked who you are: try again in a minute")
    user = http.json_of(answer)
    if not isinstance(user.get("id"), int) or not user.get("login"):
        raise Unavailable("GitHub did not say who you are: is GITHUB_API_URL right?")
    granted = str(token.get("scope") or "").replace(",", " ").split()
    return Person(str(user["id"]), user["login"], user.get("name") or "", user.get("avatar_url"), sign_in, granted)


def _client(registration: Registration, scopes: list[str]) -> OAuth2Session:
    client = OAuth2Session(registration.client_id, registration.client_secret.get_secret_value(),
                           scope=" ".join(scopes) or None, redirect_uri=callback_url(), code_challenge_method="S256",
                           token_endpoint_auth_method="client_secret_post")
    return http.mounted(client)


def _told(problem: AuthlibBaseError) -> str:
    """GitHub's word for it, and what to do; never its text, which may hold what we sent."""
    word = getattr(problem, "error", "") or ""
    if word == "incorrect_client_credentials":
        return "GitHub does not know our client secret (any more): an owner checks it at /setup/github"
    if word == "redirect_uri_mismatch":
        return f"GitHub knows another callback URL than {callback_url()}: an owner mends it at /setup/github"
    return f"GitHub refused this sign-in ({word[:60] or 'no reason given'}): begin it again"
