"""Tokens of people that end are renewed in time, by one of all orchestrators.

A refresh token counts once, and its use ends the token before it, too. So whoever renews holds a lease on the account,
looks once more whether another was faster, asks the forge, and stores what it answered before the lease is given back;
who comes second takes what is stored by then.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pydantic import SecretStr
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from common.api.client import Dbproxy
from common.secrets.signin import SignIn
from common.wire.errors import Problem, Unauthorized, Unavailable

from ..background.lease import Lease

log = logging.getLogger(__name__)

SPARE = 600          # seconds before its end, at which a token is renewed: a fetch may take that long
HELD = 30            # seconds of the lease; the forge is waited for less
PATIENCE = 8         # seconds that another's renewal is waited for; whoever asks us waits for 10
STORED = 60          # seconds that dbproxy is tried: what it does not get is lost


class Renewal:
    """`read(account)` is the sign-in that is stored now (raises Unauthorized), `store(account, sign_in)` keeps another;
    `ask(refresh)` gives the forge's next one, raises Unauthorized where it refuses. Safe for several threads."""

    def __init__(self, db: Dbproxy, forge: str, ask: Callable[[SecretStr], SignIn],
                 read: Callable[[int], SignIn], store: Callable[[int, SignIn], None],
                 clock: Callable[[], float] = time.time):
        self._db, self._forge, self._ask, self._read, self._store = db, forge, ask, read, store
        self._clock = clock

    def due(self, kept: SignIn) -> bool:
        return kept.refresh is not None and kept.ends - SPARE < self._clock()

    def renewed(self, account: int, before: SignIn) -> SignIn:
        """The sign-in after `before`. Raises Unauthorized where the forge refuses: the account has none any more."""
        with self._turn(account) as ours:
            now = self._read(account)
            if now.token != before.token:
                return now
            if ours:
                return self._next(account, before)
        return self._still_good(before, Unavailable(f"the sign-in at {self._forge} is being renewed: try again in a moment"))

    def _next(self, account: int, before: SignIn) -> SignIn:
        try:
            made = self._ask(before.refresh)
        except Unauthorized as refused:
            if self._read(account).token == before.token:      # else they signed in anew meanwhile
                log.warning("the sign-in of account %s ends: %s", account, refused)
                self._db.forge_tokens.remove(account)
            raise
        except Problem as problem:
            return self._still_good(before, problem)
        self._store(account, made)
        return made

    def _still_good(self, before: SignIn, problem: Problem) -> SignIn:
        if before.ends > self._clock():
            return before
        raise problem

    @contextmanager
    def _turn(self, account: int) -> Iterator[bool]:
        """Is it ours, after a while?"""
        lease = Lease(self._db, f"forge-token-{account}", HELD)
        waiting = Retrying(retry=retry_if_result(lambda held: not held), stop=stop_after_delay(PATIENCE),
                           wait=wait_fixed(0.1), retry_error_callback=lambda state: False)
        held = waiting(lease.claim)
        try:
            yield held
        finally:
            if held:
                lease.release()
