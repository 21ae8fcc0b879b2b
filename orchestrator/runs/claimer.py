"""Which runs are ours: claims them, keeps their leases, hears of cancels, and lets go of them at the end.

Three threads, and one more for each run. Several orchestrators may do this at once: dbproxy gives a run to one owner
at a time, and everything that an owner writes carries its fence.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable
from functools import partial

from common.api.client import Dbproxy
from common.api.events import Event
from common.api.runs import Run
from common.service.loop import Loop
from common.wire.errors import Conflict, NotFound, Problem, ServiceDown, in_words
from common.wire.reasons import reason

from .. import metrics
from ..background.threads import Threads
from .lease import RunLease

log = logging.getLogger(__name__)

RENEW_EVERY = 10     # seconds; a lease lasts 30
LONG_POLL = 20       # seconds
CLAIM_POLL = 2       # seconds; short, for what dbproxy gives to a poll of a killed orchestrator waits for its lease
MOST_AT_ONCE = 100   # runs that dbproxy gives to one claim
PAUSE = 1            # seconds before an unreachable dbproxy is asked again

Conduct = Callable[[RunLease, Run], None]       # (our lease, the run as claimed)


class RunClaimer:
    """`start` begins to claim, `stop` lets go of everything so that the next owner need not wait for the leases."""

    def __init__(self, db: Dbproxy, conduct: Conduct, threads: Threads, *, slots: int, owner: str | None = None):
        self._db, self._conduct, self._threads, self._slots = db, conduct, threads, slots
        self._once = db.within(patience=0)     # whoever calls has a loop that calls again
        self.owner = owner or f"orchestrator-{uuid.uuid4().hex[:12]}"
        self._leases: dict[int, RunLease] = {}
        self._changed = threading.Condition()
        self._stopping = False
        self._heard: int | None = None       # the last event; None: not yet, or a listening failed
        self._loops = (
            Loop("claim", self._claim, pause=0, retry=PAUSE, meanwhile="no runs can be claimed"),
            Loop("renew", self._renew_all, pause=RENEW_EVERY, first=RENEW_EVERY, meanwhile="leases are renewed late"),
            Loop("listen", self._listen, pause=0, retry=PAUSE, meanwhile="cancels are heard late"))

    def start(self) -> None:
        for loop in self._loops:
            loop.start()

    def stop(self) -> None:
        """The claim under way is waited for: it would get what is let go."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        claim, *others = self._loops
        for loop in others:
            loop.stop()
        claim.stop(wait=2 * CLAIM_POLL)
        for lease in self.held():
            lease.lose()
            self._let_go(lease)

    def held(self) -> list[RunLease]:
        with self._changed:
            return list(self._leases.values())

    def claim_once(self, wait: float = 0) -> int:
        """Claim what there is room for, and begin to conduct it; how many runs that were. Raises ServiceDown."""
        room = min(MOST_AT_ONCE, self._slots - len(self.held()))
        runs = self._once.runs.claim(self.owner, room, wait)
        for run in runs:
            lease = RunLease(self._db, run.id, run.fence)
            if self._stopping:
                self._let_go(lease)
            else:
                self._begin(lease, run)
        return len(runs)

    def renew(self, lease: RunLease) -> None:
        """Keep the lease, and learn whether the end was asked for."""
        try:
            if self._db.within(timeout=5, patience=0).runs.renew(lease.run, self.owner, lease.fence).cancel_requested:
                lease.cancel()
        except (Conflict, NotFound) as lost:
            log.debug("run %s is no longer ours: %s", lease.run, lost)
            lease.lose()
        except (Problem, ServiceDown) as down:      # the next turn tries again; until then nobody else can claim either
            log.warning("the lease of run %s was not renewed: %s", lease.run, down)

    def hear(self, events: list[Event]) -> None:
        """Runs of ours that changed: was it a cancel?"""
        changed = {event.run for event in events}
        for lease in self.held():
            if lease.run in changed:
                self.renew(lease)

    def _begin(self, lease: RunLease, run: Run) -> None:
        if run.cancel_requested:
            lease.cancel()
        with self._changed:
            former = self._leases.get(lease.run)      # our own, whose lease ended while dbproxy was out of reach
            self._leases[lease.run] = lease
            metrics.HELD.set(len(self._leases))
        if former:
            former.lose()
        self._threads.do(f"run-{lease.run}", partial(self._work, lease, run))

    def _work(self, lease: RunLease, run: Run) -> None:
        try:
            self._conduct(lease, run)
        except ServiceDown as down:
            log.warning("run %s is left to its next owner: %s", lease.run, down)
        except Exception as problem:         # the border of a run: a mistake of ours ends it, and says so
            log.exception("run %s broke", lease.run)
            self._end_broken(lease, in_words(problem))
        finally:
            lease.lose()                      # whatever of it is still on its way writes nothing more
            with self._changed:
                if self._leases.get(lease.run) is lease:
                    del self._leases[lease.run]
                metrics.HELD.set(len(self._leases))
                self._changed.notify_all()

    def _end_broken(self, lease: RunLease, problem: str) -> None:
        try:
            lease.write_run(state="error", **reason("orchestrator_failed", cause=problem).row())
        except Exception:                    # then its lease ends, and the next owner tries
            log.exception("the end of run %s could not be written", lease.run)

    def _let_go(self, lease: RunLease) -> None:
        try:
            self._db.within(timeout=2, patience=0).runs.change(lease.run, lease.fence, release=True)
        except (Problem, ServiceDown) as problem:
            log.info("run %s was not released, its lease will end: %s", lease.run, problem)

    def _claim(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: len(self._leases) < self._slots or self._stopping)
        if not self._stopping:
            self.claim_once(CLAIM_POLL)

    def _renew_all(self) -> None:
        for lease in self.held():
            self.renew(lease)

    def _listen(self) -> None:
        after, self._heard = self._heard, None
        if after is None:                    # changes before this moment are seen by the renewal
            after = self._once.events.last()
            self._renew_all()
        answer = self._once.events.after(after, LONG_POLL, "run.updated")
        self.hear(answer.events)
        self._heard = answer.last
