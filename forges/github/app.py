"""A GitHub App: it proves itself by its private key, and gets a token for the repositories where it is installed."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import jwt
from cachetools import LRUCache, TTLCache
from pydantic import SecretStr
from requests.auth import HTTPBasicAuth

from common.wire.errors import BadRequest, NotFound, Problem, Unauthorized

from ..base import Grant, Registration
from .client import Client, part, repo_path
from .problems import SUSPENDED

PROOF_LIFE = 540         # seconds; GitHub takes no more than 600
PROOF_USED = 420         # of them: the same proof has the same ETags and the same limit
CLOCKS_DIFFER = 60       # seconds
SPARE = 600              # seconds before its end, at which a token is made anew: a fetch may take that long
INSTALLED_KEPT = 300     # seconds that "it is installed there" (or not) is believed
REPOSITORIES = 20_000
_CODE = re.compile(r"[A-Za-z0-9_-]{1,200}")
_BOGUS = "gho_" + "0" * 36


class GitHubApp:
    """Safe for several threads."""

    def __init__(self, client: Client, app_id: int | str, slug: str, private_key: SecretStr,
                 clock: Callable[[], float] = time.time):
        self._client, self._app_id, self._slug, self._key = client, str(app_id), slug, private_key
        self._clock, self._lock = clock, threading.Lock()
        self._installed: TTLCache[str, int | None] = TTLCache(REPOSITORIES, INSTALLED_KEPT, clock)
        self._tokens: LRUCache[tuple[int, str], tuple[SecretStr, float]] = LRUCache(REPOSITORIES)
        self._proved: tuple[SecretStr, float] | None = None

    def grant(self, owner: str, name: str) -> Grant | None:
        """For that repository and no other; None: the App is not installed there."""
        installation = self._installation(owner, name)
        if installation is None:
            return None
        try:
            return Grant(self._token(installation, owner, name), "installation", self._slug)
        except NotFound:             # it was taken away since we asked
            with self._lock:
                self._installed[_key(owner, name)] = None
            return None

    def forget(self) -> None:
        """Something about its installations changed: the next grant asks where it is."""
        with self._lock:
            self._installed.clear()
            self._tokens.clear()

    def revoked(self, token: SecretStr) -> None:
        """GitHub refused it: the next grant looks where the App is installed, and has another token."""
        with self._lock:
            gone = [key for key, (kept, _) in self._tokens.items() if kept == token]
            for key in gone:
                del self._tokens[key]
            self._installed.clear()

    def _installation(self, owner: str, name: str) -> int | None:
        key = _key(owner, name)
        with self._lock:
            if key in self._installed:
                return self._installed[key]
        try:
            found = self._ask(lambda proof: self._client.get(repo_path(owner, name, "installation"), proof)["id"])
        except NotFound:
            found = None
        with self._lock:
            self._installed[key] = found
        return found

    def _token(self, installation: int, owner: str, name: str) -> SecretStr:
        key = installation, _key(owner, name)
        with self._lock:
            token, ends = self._tokens.get(key, (None, 0))
        if token and ends - SPARE > self._clock():
            return token
        made = self._narrow(installation, owner, name)
        token, ends = SecretStr(made["token"]), datetime.fromisoformat(made["expires_at"]).timestamp()
        with self._lock:
            self._tokens[key] = token, ends
        return token

    def _narrow(self, installation: int, owner: str, name: str) -> dict:
        """For the one repository. By a name of before GitHub knows none: there its number is asked for first."""
        try:
            return self._made(installation, {"repositories": [name]})
        except BadRequest:
            whole = SecretStr(self._made(installation, {})["token"])
            number = self._client.get(repo_path(owner, name), whole)["id"]
            return self._made(installation, {"repository_ids": [number]})

    def _made(self, installation: int, wanted: dict) -> dict:
        path = f"/app/installations/{installation}/access_tokens"
        return self._ask(lambda proof: self._client.change("POST", path, proof, wanted))

    def _ask(self, call: Callable[[SecretStr], Any]) -> Any:
        proof = self._proof()
        try:
            return call(proof)
        except Unauthorized as refused:
            if refused.error == SUSPENDED:
                raise
            raise Unauthorized(f"{self._client.urls.host} does not accept the App {self._slug}: it was deleted, its "
                               "private key was withdrawn, or this machine's clock is wrong; register it anew on the "
                               "setup page", error="forge_app_refused") from refused

    def _proof(self) -> SecretStr:
        with self._lock:
            if self._proved is None or self._clock() - self._proved[1] > PROOF_USED:
                self._proved = self._new_proof(), self._clock()
            return self._proved[0]

    def _new_proof(self) -> SecretStr:
        now = int(self._clock())
        claims = {"iat": now - CLOCKS_DIFFER, "exp": now + PROOF_LIFE, "iss": self._app_id}
        try:
            return SecretStr(jwt.encode(claims, self._key.get_secret_value(), algorithm="RS256"))
        except (ValueError, TypeError, jwt.PyJWTError) as problem:
            raise Unauthorized(f"the private key of the App {self._slug} cannot be read ({type(problem).__name__}): "
                               "register it anew on the setup page", error="forge_app_refused") from None


def _key(owner: str, name: str) -> str:
    return f"{owner}/{name}".casefold()


def convert_manifest(client: Client, code: str) -> Registration:
    """The App that a person has just made from our manifest; GitHub answers a code once, within the hour."""
    if not _CODE.fullmatch(code):
        raise BadRequest("that is no code of GitHub's: begin again on the setup page")
    try:
        made = client.change("POST", f"/app-manifests/{part(code)}/conversions", None)
    except NotFound as gone:
        raise BadRequest("GitHub does not know this code any more (it is good once, for an hour): begin again on the "
                         "setup page") from gone
    webhook = made.get("webhook_secret")
    return Registration("app", made["client_id"], SecretStr(made["client_secret"]), str(made["id"]), made["slug"],
                        made["html_url"], SecretStr(made["pem"]), SecretStr(webhook) if webhook else None)


def check_credentials(client: Client, client_id: str, client_secret: SecretStr) -> str | None:
    """None: they are right; else what is wrong, in words. Raises Problem where GitHub cannot be asked.

    It is asked about a token that cannot be: it says 404 to those who may ask, and 401 to a wrong secret. It says 404 of
    a client ID that it does not know, too; there it says so to any secret, which tells the two apart.
    """
    if not _CODE.fullmatch(client_id):
        return "that is no client ID: it is the short text beside `Client ID`, such as Iv23li… or Ov23li…"
    secret = client_secret.get_secret_value()
    if not _accepts(client, client_id, secret):
        return "GitHub does not know this client ID with this client secret: copy both again, or make a new secret"
    if _accepts(client, client_id, "no-secret-of-anybody"):
        return f"GitHub does not know the client ID {client_id}: copy it again"
    return None


def _accepts(client: Client, client_id: str, secret: str) -> bool:
    try:
        client.change("POST", f"/applications/{part(client_id)}/token", None, {"access_token": _BOGUS},
                      auth=HTTPBasicAuth(client_id, secret))
    except (NotFound, BadRequest):
        return True
    except Unauthorized:
        return False
    raise Problem("GitHub vouched for a token that cannot be")
