"""A person's token of a GitHub App lives eight hours, its refresh token six months. Using that one ends both, and gives
two new ones. Source: GitHub's "Refreshing user access tokens".
"""

from __future__ import annotations

import time
from collections.abc import Callable

from pydantic import SecretStr

from common.errors import Unauthorized, Unavailable
from common.signin import SignIn

from .bearer import Bearer
from .problems import Broken, NotTheApi
from .transport import Transport
from .urls import Urls

HEADERS = {"Accept": "application/json", "User-Agent": "continuum"}
OURS = {"incorrect_client_credentials", "redirect_uri_mismatch", "unsupported_grant_type"}      # not the person's


def renew(transport: Transport, urls: Urls, client_id: str, client_secret: SecretStr, refresh: SecretStr,
          clock: Callable[[], float] = time.time) -> SignIn:
    """Raises Unauthorized where GitHub does not take the refresh token (any more), Unavailable where nobody knows."""
    reply = transport.send("POST", f"{urls.web}/login/oauth/access_token", Bearer(None), HEADERS, {
        "client_id": client_id, "client_secret": client_secret.get_secret_value(), "grant_type": "refresh_token",
        "refresh_token": refresh.get_secret_value()})
    if reply.status >= 500 or reply.status == 429:
        raise Broken(f"{urls.host} answered {reply.status} when a sign-in was to be renewed: try again in some minutes")
    try:
        told = reply.json()
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise NotTheApi(f"{urls.host} answered something else than it does when a sign-in is renewed: see whether "
                        "GITHUB_URL is right, and whether a proxy stands between")
    return SignIn.of_answer(told, clock()) or _refused(urls.host, str(told.get("error") or reply.status))


def _refused(host: str, why: str) -> SignIn:
    if why in OURS or not why.startswith(("bad_", "invalid_")):
        raise Unavailable(f"{host} renews no sign-ins ({why[:60]}): an owner checks the registration on the setup page")
    raise Unauthorized(f"{host} does not renew the sign-in any more ({why[:60]})", error="sign_in_again")
