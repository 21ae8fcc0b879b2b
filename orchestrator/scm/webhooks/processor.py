"""Processes deliveries: each is claimed, decided, carried out, and told in a sentence for people.

A forge may send a delivery once only, so one that cannot be judged now (the forge is away, or asks for patience) is given
back and claimed again later, for some hours; the poller finds what was missed for good.
"""

from __future__ import annotations

import logging

from common.api.client import Dbproxy
from common.api.forges import ClaimedDelivery
from common.api.repos import Repo
from common.wire.errors import NotFound, Problem, ServiceDown, in_words
from forges import Forge, ForgeEvent, Ignored

from ... import metrics
from ...background.queue_worker import QueueWorker, backoff
from ...background.threads import Threads
from ..ref_sync import NotYet
from ..repositories import Repositories
from .handlers import LAGS, Became, Handlers
from .rules import decide

log = logging.getLogger(__name__)

AT_ONCE = 4                  # deliveries, each of another repository
LONGEST_WAIT = 600           # seconds between two tries of one delivery
GIVEN_UP_AFTER = 6 * 3600    # seconds since it came


class WebhookProcessor:
    """Judges deliveries as its worker claims them."""

    def __init__(self, db: Dbproxy, forges: dict[str, Forge], handlers: Handlers, repositories: Repositories,
                 threads: Threads):
        self._db, self._forges, self._handlers, self._repositories = db, forges, handlers, repositories
        self.worker = QueueWorker(db, "deliveries", lambda delivery: self.judge(delivery), threads, AT_ONCE)

    def judge(self, delivery: ClaimedDelivery) -> None:
        """One claimed delivery, to its outcome or back into the queue."""
        try:
            event = self._forge(delivery).event_of(delivery.event, delivery.payload)
            repo = self._repo(delivery, event)
            self._end(delivery, "done", self._handlers.carry_out(decide(event, repo), delivery, repo))
        except NotYet as lag:
            self._give_back(delivery, str(lag), 1)
        except (Problem, ServiceDown) as problem:
            self._stumble(delivery, problem)
        except Exception as problem:         # the border of a delivery: a mistake of ours ends it, and says so
            log.exception("delivery %s broke", delivery.id)
            self._end(delivery, "failed", Became(in_words(problem)))

    def _forge(self, delivery: ClaimedDelivery) -> Forge:
        """Raises NotFound if it was taken out of FORGES since the delivery arrived."""
        if delivery.forge not in self._forges:
            raise NotFound(f"the forge {delivery.forge} is not set up any more: add it to FORGES in .env")
        return self._forges[delivery.forge]

    def _repo(self, delivery: ClaimedDelivery, event: ForgeEvent | Ignored) -> Repo | None:
        """The repository of its own hook; of the App's hook the one that the event is about."""
        if delivery.repo:
            return self._db.repos.get(delivery.repo)
        return self._repositories.of_payload(delivery.forge, event.about.external_id) if event.about else None

    def _stumble(self, delivery: ClaimedDelivery, problem: Problem | ServiceDown) -> None:
        reason = getattr(problem, "detail", str(problem))
        passing = isinstance(problem, ServiceDown) or problem.status in {429, 500, 502, 503, 504} or _renewed(problem, delivery)
        if not passing:
            self._end(delivery, "failed", Became(reason))
        elif (delivery.now - delivery.received).total_seconds() > GIVEN_UP_AFTER:
            self._end(delivery, "failed", Became(f"given up after {GIVEN_UP_AFTER // 3600} hours: {reason}. Continuum "
                                                 "looks at the heads again once the forge answers"))
        else:
            told = getattr(problem, "retry_after", None) or 0
            self._give_back(delivery, reason, max(told, backoff(delivery.attempts, LONGEST_WAIT)))

    def _end(self, delivery: ClaimedDelivery, state: str, became: Became) -> None:
        metrics.delivery_ended(delivery.event, state)
        self.worker.write(delivery.id, state=state, outcome=became.outcome[:4000], run=became.run,
                          covers=became.covers and became.covers[:4000])

    def _give_back(self, delivery: ClaimedDelivery, reason: str, wait: float) -> None:
        wait = min(wait, LONGEST_WAIT)
        self.worker.write(delivery.id, state="queued", wait=wait,
                          outcome=f"waits: {reason}; tried again in {max(1, round(wait))} s"[:4000])


def _renewed(problem: Problem, delivery: ClaimedDelivery) -> bool:
    """A token that was just replaced: the next try has the new one, or says who has to sign in."""
    return problem.error == "forge_token_refused" and delivery.attempts <= LAGS
