"""Finds what webhooks missed, by comparing heads at regular intervals: a forge does not deliver twice.

A repository with a webhook is visited once an hour, one without every ten minutes, evenly spaced, and never more than
`BUDGET` requests an hour together: with more repositories the intervals become longer. Visits ask conditionally, so where
nothing moved they cost nothing of the forge's limit.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import random
import time
from collections.abc import Callable

from common.api.client import Dbproxy
from common.api.repos import Repo
from common.service.loop import Loop
from common.wire.errors import ContinuumError, NotFound, Problem, Unauthorized
from forges import Forge

from ..background.lease import Lease
from . import ref_snapshot as heads
from .pulls import Pulls
from .ref_sync import RefSync
from .repositories import Repositories

log = logging.getLogger(__name__)

HOOKED, UNHOOKED = 3600, 600     # seconds between two visits of one repository
VISIT = 4                        # requests: the repository, its branches, tags and open pull requests
BUDGET = 450                     # requests an hour of all visits, a tenth of the usual limit
LIST_EVERY = 300                 # seconds between two looks at which repositories there are
LEASE, RENEWED = 90, 20          # seconds that it is ours, and until it is renewed at the latest; a visit takes less
RETRY = 30                       # seconds after dbproxy did not answer
PAUSED = 300                     # seconds after the forge was away or asked for patience


class Poller:
    """One thread for one forge. Of several orchestrators, the one that holds the lease polls."""

    def __init__(self, db: Dbproxy, forge: Forge, ref_sync: RefSync, pulls: Pulls, repositories: Repositories,
                 hooked: Callable[[Repo], bool], clock: Callable[[], float] = time.monotonic):
        self._db, self._forge, self._ref_sync, self._pulls = db, forge, ref_sync, pulls
        self._repositories, self._hooked, self._clock = repositories, hooked, clock
        self._due: list[tuple[float, int, int]] = []          # (when, tie, repo)
        self._known: dict[int, Repo] = {}
        self._ties = itertools.count()
        self._listed: float | None = None
        self._quiet_until = float("-inf")
        self._lease = Lease(db, f"poll-{forge.name}", LEASE)
        self.loop = Loop(f"poll-{forge.name}", self.turn, pause=0, first=1, retry=RETRY,
                         meanwhile="missed pushes are found late", at_end=self._lease.release)

    def turn(self) -> float:
        """Visit the repository that is due; seconds until the next turn. Raises ServiceDown (dbproxy)."""
        if not self._lease.claim():
            self._forget()
            return RENEWED
        now = self._clock()
        if self._listed is None or now - self._listed >= LIST_EVERY:
            self._list(now)
        if now >= self._quiet_until and self._due and self._due[0][0] <= now:
            _, _, number = heapq.heappop(self._due)
            if number in self._known:
                self._quiet_until = now + self._visit(number)
                self._plan(number, now + self._interval(number))
        return min(RENEWED, max(self._quiet_until, self._next(now)) - now)

    def _forget(self) -> None:
        """Drop the plan: another orchestrator polls, and whoever takes over makes a plan of their own."""
        self._due, self._known, self._listed = [], {}, None

    def visit(self, repo: Repo) -> None:
        """Compare one repository with what we know of it; raises what its forge and dbproxy raise."""
        try:
            refs = self._forge.refs(repo.owner, repo.name)
        except (NotFound, Unauthorized):
            self._repositories.look(repo)        # says so on its row, or brings its new name
            return
        if refs.default_branch != repo.default_branch or repo.state.gone or repo.state.unreached:
            self._repositories.look(repo)
            repo = self._db.repos.get(repo.id)
        self._ref_sync.all(repo, heads.of(refs))
        if self._forge.supports("pulls"):
            self._compare_pulls(repo)

    def _compare_pulls(self, repo: Repo) -> None:
        known = {row.number: row for row in self._db.pulls.all(repo.id, state="open")}
        now = {pull.number: pull for pull in self._forge.pulls(repo.owner, repo.name)}
        moved = [number for number, pull in now.items()
                 if number not in known or known[number].head_commit != pull.head_commit]
        for number in [*moved, *(known.keys() - now.keys())]:
            sentence, _ = self._pulls.look(repo, number)
            log.info("%s/%s: %s", repo.owner, repo.name, sentence)

    def _visit(self, number: int) -> float:
        """Seconds to leave the forge alone."""
        try:
            self.visit(self._db.repos.get(number))
        except Problem as problem:
            log.info("poll of repository %s failed: %s", number, problem)
            passing = problem.status in {429, 500, 502, 503, 504}
            return max(PAUSED, problem.retry_after or 0) if passing else 0
        except ContinuumError as down:
            log.info("the poll waits: %s", down)
            return PAUSED
        except Exception:        # the border of a visit: one strange repository must not blind us to all
            log.exception("repository %s could not be visited", number)
        return 0

    def _list(self, now: float) -> None:
        """Repositories that are new get their place somewhere in the coming interval."""
        known = {row.id: row for row in self._db.repos.all(forge=self._forge.name, sort="id")}
        fresh = [number for number in known if number not in self._known]
        self._known = known
        for number in fresh:
            self._plan(number, now + random.uniform(0, self._interval(number)))
        self._listed = now

    def _interval(self, number: int) -> float:
        usual = HOOKED if self._hooked(self._known[number]) else UNHOOKED
        return max(usual, len(self._known) * VISIT * 3600 / BUDGET)

    def _plan(self, number: int, when: float) -> None:
        heapq.heappush(self._due, (when, next(self._ties), number))

    def _next(self, now: float) -> float:
        dues = [self._listed + LIST_EVERY, *([self._due[0][0]] if self._due else [])]
        return max(now, min(dues))
