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

from common.client import ServiceClient
from common.errors import Conflict, NotFound, Problem, ServiceDown, in_words
from common.loop import Loop

from . import metrics
from .hands import Hands
from .hold import Hold
from .records import Records

log = logging.getLogger(__name__)

RENEW_EVERY = 10     # seconds; a lease lasts 30
LONG_POLL = 20       # seconds
CLAIM_POLL = 2       # seconds; short, for what dbproxy gives to a poll of a killed orchestrator waits for its lease
MOST_AT_ONCE = 100   # runs that dbproxy gives to one claim
PAUSE = 1            # seconds before an unreachable dbproxy is asked again

Conduct = Callable[[Hold, dict], None]       # (our hold, the run as claimed)
Ended = Callable[[dict, str, str], None]     # (the run, its state, why)


class Claims:
    """`start` begins to claim, `stop` lets go of everything so that the next owner need not wait for the leases."""

    def __init__(self, db: ServiceClient, conduct: Conduct, hands: Hands, *, slots: int, owner: str | None = None,
                 ended: Ended | None = None):
        self._db, self._conduct, self._hands, self._slots, self._ended = db, conduct, hands, slots, ended
        self.owner = owner or f"orchestrator-{uuid.uuid4().hex[:12]}"
        self._holds: dict[int, Hold] = {}
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
        for hold in self.held():
            hold.lose()
            self._let_go(hold)

    def held(self) -> list[Hold]:
        with self._changed:
            return list(self._holds.values())

    def claim_once(self, wait: float = 0) -> int:
        """Claim what there is room for, and begin to conduct it; how many runs that were. Raises ServiceDown."""
        room = min(MOST_AT_ONCE, self._slots - len(self.held()))
        runs = self._db.post("/v1/runs/claim", {"owner": self.owner, "limit": room, "wait": wait},
                             timeout=wait + 10, patience=0)["items"]
        for run in runs:
            hold = Hold(run["id"], run["fence"])
            if self._stopping:
                self._let_go(hold)
            else:
                self._begin(hold, run)
        return len(runs)

    def renew(self, hold: Hold) -> None:
        """Keep the lease, and learn whether the end was asked for."""
        try:
            answer = self._db.post(f"/v1/runs/{hold.run}/lease", {"owner": self.owner, "fence": hold.fence},
                                   timeout=5, patience=0)
            if answer["cancel_requested"]:
                hold.cancel()
        except (Conflict, NotFound) as lost:
            log.debug("run %s is no longer ours: %s", hold.run, lost)
            hold.lose()
        except (Problem, ServiceDown) as down:      # the next turn tries again; until then nobody else can claim either
            log.warning("the lease of run %s was not renewed: %s", hold.run, down)

    def hear(self, events: list[dict]) -> None:
        """Runs of ours that changed: was it a cancel?"""
        changed = {event.get("run") for event in events}
        for hold in self.held():
            if hold.run in changed:
                self.renew(hold)

    def _begin(self, hold: Hold, run: dict) -> None:
        if run.get("cancel_requested"):
            hold.cancel()
        with self._changed:
            former = self._holds.get(hold.run)      # our own, whose lease ended while dbproxy was out of reach
            self._holds[hold.run] = hold
            metrics.HELD.set(len(self._holds))
        if former:
            former.lose()
        self._hands.do(f"run-{hold.run}", partial(self._work, hold, run))

    def _work(self, hold: Hold, run: dict) -> None:
        try:
            self._conduct(hold, run)
        except ServiceDown as down:
            log.warning("run %s is left to its next owner: %s", hold.run, down)
        except Exception as problem:         # the border of a run: a mistake of ours ends it, and says so
            log.exception("run %s broke", hold.run)
            self._end_broken(hold, run, in_words(problem))
        finally:
            hold.lose()                      # whatever of it is still on its way writes nothing more
            with self._changed:
                if self._holds.get(hold.run) is hold:
                    del self._holds[hold.run]
                metrics.HELD.set(len(self._holds))
                self._changed.notify_all()

    def _end_broken(self, hold: Hold, run: dict, problem: str) -> None:
        reason = f"the orchestrator failed: {problem}"
        try:
            Records(self._db, hold).run(state="error", reason=reason)
            if self._ended:
                self._ended(run, "error", reason)
        except Exception:                    # then its lease ends, and the next owner tries
            log.exception("the end of run %s could not be written", hold.run)

    def _let_go(self, hold: Hold) -> None:
        try:
            self._db.patch(f"/v1/runs/{hold.run}", {"fence": hold.fence, "release": True}, timeout=2, patience=0)
        except (Problem, ServiceDown) as problem:
            log.info("run %s was not released, its lease will end: %s", hold.run, problem)

    def _claim(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: len(self._holds) < self._slots or self._stopping)
        if not self._stopping:
            self.claim_once(CLAIM_POLL)

    def _renew_all(self) -> None:
        for hold in self.held():
            self.renew(hold)

    def _listen(self) -> None:
        after, self._heard = self._heard, None
        if after is None:                    # changes before this moment are seen by the renewal
            after = self._db.get("/v1/events", patience=0)["last"]
            self._renew_all()
        answer = self._db.get("/v1/events", params={"after": after, "wait": LONG_POLL, "topics": "run.updated"},
                              timeout=LONG_POLL + 10, patience=0)
        self.hear(answer["events"])
        self._heard = answer["last"]
