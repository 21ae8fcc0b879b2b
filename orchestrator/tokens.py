"""Where a forge gets its tokens: a person's own, kept sealed to us, and what acts on a repository when nobody asks.

A repo's grant is the App's installation token where the App is installed there, else the token of the person who
connected it (`settings.forge_account`).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pydantic import SecretStr

from common.client import ServiceClient
from common.errors import NotFound, Unauthorized
from common.sealing import unseal
from forges import Account, Grant

log = logging.getLogger(__name__)

KEPT = 30            # seconds that a token is remembered for what nobody asks for
SIGN_IN = "sign in again on the dashboard"



class Installations(Protocol):
    """The App's part (forges/github/app.py has one)."""

    def grant(self, owner: str, name: str) -> Grant | None:
        """None: it is not installed there, or there is no App."""

    def revoked(self, token: SecretStr) -> None:
        """The forge answered 401 to it."""



@dataclass(frozen=True)
class _Kept:
    token: SecretStr
    account: int
    login: str
    at: float


class AccountTokens:
    """`Tokens` (forges/base.py) of one forge, over dbproxy. Safe for several threads."""

    def __init__(self, db: ServiceClient, forge: str, seal_key: SecretStr, installations: Installations,
                 clock: Callable[[], float] = time.monotonic):
        self._db, self._forge, self._seal_key, self._clock = db, forge, seal_key, clock
        self._installations = installations
        self._lock = threading.Lock()
        self._kept: dict[int, _Kept] = {}

    def of_account(self, account: Account) -> SecretStr:
        """Read each time: whoever just let us see more at the forge wants to see it now."""
        return account.token or self._remember(self._read(account.id, account.login)).token

    def of_repo(self, owner: str, name: str) -> Grant:
        installed = self._installations.grant(owner, name)
        if installed:
            return installed
        number = self._connected_by(owner, name)
        try:
            kept = self._of(number)
        except Unauthorized as gone:
            raise Unauthorized(f"{gone.detail}, or let somebody else connect {owner}/{name} again") from gone
        return Grant(kept.token, "person", kept.login)

    def revoked(self, token: SecretStr) -> None:
        """Whose it was has to sign in again, unless they did meanwhile; nobody tries it once more."""
        self._installations.revoked(token)
        with self._lock:
            owners = [kept for kept in self._kept.values() if kept.token == token]
        for kept in owners:
            with self._lock:
                self._kept.pop(kept.account, None)
            if self._stored(kept) == token:
                log.warning("%s does not accept the token of %s any more", self._forge, kept.login)
                self._db.delete(f"/v1/accounts/{kept.account}/forge-token")

    def _stored(self, kept: _Kept) -> SecretStr | None:
        try:
            return self._read(kept.account, kept.login).token
        except Unauthorized:
            return None

    def _connected_by(self, owner: str, name: str) -> int:
        try:
            repo = self._db.get(f"/v1/repos/by-name/{self._forge}/{owner}/{name}")
        except NotFound as unknown:
            raise Unauthorized(f"{owner}/{name} is not connected here: connect it on the page of repositories") \
                from unknown
        number = (repo.get("settings") or {}).get("forge_account")
        if not number:
            raise Unauthorized(f"nobody connected {owner}/{name}: connect it on the page of repositories")
        return number

    def _of(self, account: int, login: str = "") -> _Kept:
        with self._lock:
            kept = self._kept.get(account)
        if kept is None or self._clock() - kept.at > KEPT:
            kept = self._remember(self._read(account, login))
        return kept

    def _remember(self, kept: _Kept) -> _Kept:
        with self._lock:
            self._kept[kept.account] = kept
        return kept

    def _read(self, account: int, login: str) -> _Kept:
        """Raises Unauthorized in words that say what to do."""
        login = login or self._login(account)
        try:
            sealed = self._db.get(f"/v1/accounts/{account}/forge-token")["sealed"]
            return _Kept(SecretStr(unseal(sealed, self._seal_key.get_secret_value())), account, login, self._clock())
        except NotFound as gone:
            raise Unauthorized(f"there is no token of {login} that {self._forge} accepts: {login} has to {SIGN_IN}",
                               error="sign_in_again") from gone
        except ValueError as other:
            raise Unauthorized(f"the token of {login} cannot be read, for ORCHESTRATOR_SEAL_KEY is another by now: "
                               f"{login} has to {SIGN_IN}", error="sign_in_again") from other

    def _login(self, account: int) -> str:
        try:
            return self._db.get(f"/v1/accounts/{account}")["login"]
        except NotFound as unknown:
            raise Unauthorized(f"account {account}, which connected it, is gone") from unknown
