"""Sign-in at GitHub: OAuth 2 with state and PKCE (S256) by Authlib, and the renewal of tokens that end.

Authlib makes the address and the challenge. Its session is not used: requests to GitHub go through the guarded transport.

A person's token of a GitHub App lives eight hours, its refresh token six months. Using the refresh token ends both and
gives two new ones. Source: GitHub's "Refreshing user access tokens".
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from pydantic import SecretStr

from common.secrets.signin import SignIn
from common.wire.errors import BadRequest, Unauthorized, Unavailable

from ..signin import Attempt, Consent, Person, Registration
from .bearer import Bearer
from .client import Client
from .problems import Broken, NotTheApi
from .transport import Transport
from .urls import Urls

HEADERS = {"Accept": "application/json", "User-Agent": "continuum"}
OURS = {"incorrect_client_credentials", "redirect_uri_mismatch", "unsupported_grant_type"}      # not the person's


def authorize_url(urls: Urls, app: Registration, attempt: Attempt, consent: Consent) -> str:
    return prepare_grant_uri(
        f"{urls.web}/login/oauth/authorize", app.client_id, "code", redirect_uri=attempt.callback,
        scope=list(consent.scopes) or None, state=attempt.state,
        code_challenge=create_s256_code_challenge(attempt.verifier), code_challenge_method="S256")


def exchange(client: Client, app: Registration, attempt: Attempt, code: str,
             clock: Callable[[], float] = time.time) -> Person:
    """Exchange `code` for a token and ask whose it is."""
    told = _ask(client.transport, client.urls, {
        "client_id": app.client_id, "client_secret": app.client_secret.get_secret_value(), "code": code,
        "redirect_uri": attempt.callback, "code_verifier": attempt.verifier})
    if told.get("error"):
        raise BadRequest(_refusal(str(told["error"]), attempt.callback))
    sign_in = SignIn.of_answer(told, clock())
    if sign_in is None:
        raise BadRequest("GitHub gave no token for this sign-in: begin it again")
    user = client.get("/user", sign_in.token)
    if not isinstance(user, dict) or not isinstance(user.get("id"), int) or not user.get("login"):
        raise NotTheApi("GitHub did not say who you are: is GITHUB_API_URL right?")
    granted = str(told.get("scope") or "").replace(",", " ").split()
    return Person(str(user["id"]), user["login"], user.get("name") or "", user.get("avatar_url"), sign_in, tuple(granted))


def renew(transport: Transport, urls: Urls, client_id: str, client_secret: SecretStr, refresh: SecretStr,
          clock: Callable[[], float] = time.time) -> SignIn:
    """Raises Unauthorized where GitHub does not take the refresh token (any more), Unavailable where nobody knows."""
    told = _ask(transport, urls, {
        "client_id": client_id, "client_secret": client_secret.get_secret_value(), "grant_type": "refresh_token",
        "refresh_token": refresh.get_secret_value()})
    return SignIn.of_answer(told, clock()) or _not_renewed(urls.host, str(told.get("error") or "no token"))


def _ask(transport: Transport, urls: Urls, form: Mapping[str, str]) -> dict:
    """What the token endpoint answers: a token, or an `error` with the status 200."""
    reply = transport.send("POST", f"{urls.web}/login/oauth/access_token", Bearer(None), HEADERS, dict(form))
    if reply.status >= 500 or reply.status == 429:
        raise Broken(f"{urls.host} answered {reply.status} to a sign-in: try again in some minutes")
    try:
        told = reply.json()
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise NotTheApi(f"{urls.host} does not answer as it should to a sign-in: see whether GITHUB_URL is right, and "
                        "whether a proxy stands between")
    return told


def _refusal(word: str, callback: str) -> str:
    """GitHub's word for it, and what to do; never GitHub's text, which may hold what we sent."""
    if word == "incorrect_client_credentials":
        return "GitHub does not know our client secret (any more): an owner checks it at /setup/github"
    if word == "redirect_uri_mismatch":
        return f"GitHub knows another callback URL than {callback}: an owner mends it at /setup/github"
    return f"GitHub refused this sign-in ({word[:60] or 'no reason given'}): begin it again"


def _not_renewed(host: str, why: str) -> SignIn:
    if why in OURS or not why.startswith(("bad_", "invalid_")):
        raise Unavailable(f"{host} renews no sign-ins ({why[:60]}): an owner checks the registration on the setup page")
    raise Unauthorized(f"{host} does not renew the sign-in any more ({why[:60]})", error="sign_in_again")
