"""Where a forge gets its tokens: a person's own, kept sealed to us, and what acts on a repository when nobody asks.

A repo's grant is the App's installation token where the App is installed there, else the token of the person who
connected it (`state.forge_account`).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from pydantic import SecretStr

from common.api.client import Dbproxy
from common.api.repos import Repo
from common.secrets.sealing import seal, unseal
from common.secrets.signin import SignIn
from common.wire.errors import NotFound, Problem, Unauthorized
from forges import Account, Grant, Installations, named

from .renewal import STORED, Renewal

log = logging.getLogger(__name__)

KEPT = 30            # seconds that a token is remembered for what nobody asks for
SIGN_IN = "sign in again on the dashboard"


@dataclass(frozen=True)
class _Kept:
    token: SecretStr
    account: int
    login: str
    at: float


class AccountTokens:
    """`Tokens` (forges/base.py) of one forge, over dbproxy. Safe for several threads."""

    def __init__(self, db: Dbproxy, forge: str, seal_key: SecretStr, installations: Installations,
                 renew: Callable[[SecretStr], SignIn], public_key: str = "",
                 clock: Callable[[], float] = time.monotonic):
        """`renew`: asks the forge for the sign-in after this refresh token's; `public_key`: the other half of ours."""
        self._db, self._forge, self._seal_key, self._clock = db, forge, seal_key, clock
        self._installations, self._public_key = installations, public_key
        self._renewal = Renewal(db, forge, renew, self._stored, self._store)
        self._lock = threading.Lock()
        self._kept: dict[int, _Kept] = {}

    def of_account(self, account: Account) -> SecretStr:
        """Read each time: whoever just let us see more at the forge wants to see it now."""
        return account.token or self._remember(self._read(account.id, account.login)).token

    def of_repo(self, owner: str, name: str) -> Grant:
        installed = self._installations.grant(owner, name)
        if installed:
            return installed
        repo = self._connected(owner, name)
        try:
            kept = self._of(repo.state.forge_account)
        except Unauthorized as gone:
            raise Unauthorized(f"{gone.detail}, or let somebody else connect {owner}/{name} again",
                               error=gone.error) from gone
        if repo.private and named(self._forge).bound_to_app(kept.token):
            raise Unauthorized(f"the {named(self._forge).title} App is not installed on {owner}/{name} (any more), and the sign-in of "
                               f"{kept.login} reaches no further than it: install it there (the setup page leads to it)",
                               error="app_not_installed")
        return Grant(kept.token, "person", kept.login)

    def revoked(self, token: SecretStr) -> None:
        """Whose it was has to sign in again, unless they did meanwhile; nobody tries it once more."""
        self._installations.revoked(token)
        with self._lock:
            owners = [kept for kept in self._kept.values() if kept.token == token]
        for kept in owners:
            with self._lock:
                self._kept.pop(kept.account, None)
            try:
                self._refused(kept, token)
            except (Problem, ValueError) as problem:       # nobody knows better now; whoever asks next asks the forge again
                log.info("the refused token of %s: %s", kept.login, problem)

    def _refused(self, kept: _Kept, token: SecretStr) -> None:
        stored = self._stored(kept.account)
        if stored.token != token:
            return
        if stored.refresh:                   # it ended sooner than told, or another's renewal ended it
            self._renewal.renewed(kept.account, stored)
            return
        log.warning("%s does not accept the token of %s any more", self._forge, kept.login)
        self._db.forge_tokens.remove(kept.account)

    def _connected(self, owner: str, name: str) -> Repo:
        """The repo's row, with who connected it."""
        try:
            repo = self._db.repos.by_name(self._forge, owner, name)
        except NotFound as unknown:
            raise Unauthorized(f"{owner}/{name} is not connected here: connect it on the page of repositories") \
                from unknown
        if not repo.state.forge_account:
            raise Unauthorized(f"nobody connected {owner}/{name}: connect it on the page of repositories")
        return repo

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
            stored = self._stored(account)
            if self._renewal.due(stored):
                stored = self._renewal.renewed(account, stored)
            return _Kept(stored.token, account, login, self._clock())
        except Unauthorized as gone:
            raise Unauthorized(f"there is no token of {login} that {self._forge} accepts: {login} has to {SIGN_IN}",
                               error="sign_in_again") from gone
        except ValueError as other:
            raise Unauthorized(f"the token of {login} cannot be read, for ORCHESTRATOR_SEAL_KEY is another by now: "
                               f"{login} has to {SIGN_IN}", error="sign_in_again") from other

    def _stored(self, account: int) -> SignIn:
        """Raises Unauthorized, and ValueError where it was sealed to another key."""
        try:
            sealed = self._db.forge_tokens.get(account).sealed
        except NotFound as gone:
            raise Unauthorized("there is no token", error="sign_in_again") from gone
        return SignIn.of_text(unseal(sealed, self._seal_key.get_secret_value()))

    def _store(self, account: int, made: SignIn) -> None:
        tokens = self._db.within(patience=STORED).forge_tokens
        scopes = tokens.get(account).scopes      # a renewed one may what it might
        tokens.put(account, seal(made.text, self._public_key), scopes)

    def _login(self, account: int) -> str:
        try:
            return self._db.accounts.get(account).login
        except NotFound as unknown:
            raise Unauthorized(f"account {account}, which connected it, is gone") from unknown
