"""The desk where deliveries end: each is claimed, decided, carried out, and told in a sentence for people.

A forge may send a delivery once only, so one that cannot be judged now (the forge is away, or asks for patience) is given
back and claimed again later, for some hours; the rounds find what was missed for good.
"""

from __future__ import annotations

import logging
import random
import threading
import uuid
from datetime import datetime

from common.client import ServiceClient
from common.errors import Conflict, ContinuumError, NotFound, Problem, ServiceDown, in_words
from forges import Forge, ForgeEvent, Ignored

from .. import metrics
from ..follow import NotYet
from ..hands import Hands
from ..repositories import Repositories
from .acts import LAGS, Acts, Became
from .decide import decide

log = logging.getLogger(__name__)

LONG_POLL = 5                # seconds; with several dbproxies the one that took a delivery may be another
AT_ONCE = 4                  # deliveries, each of another repository
PAUSE = 1                    # seconds before an unreachable dbproxy is asked again
LONGEST_WAIT = 600           # seconds between two tries of one delivery
GIVEN_UP_AFTER = 6 * 3600    # seconds since it came


class Desk:
    """One thread claims, `AT_ONCE` others judge."""

    def __init__(self, db: ServiceClient, forges: dict[str, Forge], acts: Acts, repositories: Repositories,
                 hands: Hands):
        self._db, self._forges, self._acts, self._repositories, self._hands = db, forges, acts, repositories, hands
        self.owner = f"orchestrator-{uuid.uuid4().hex[:12]}"
        self._room = threading.BoundedSemaphore(AT_ONCE)
        self._stopping = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._claim_forever, name="deliveries", daemon=True).start()

    def stop(self) -> None:
        self._stopping.set()

    def claim_once(self, wait: float = 0) -> int:
        """Claim one delivery and have it judged; how many that were. Raises ServiceDown."""
        self._room.acquire()
        items: list[dict] = []
        try:
            items = self._db.post("/v1/deliveries/claim", {"owner": self.owner, "limit": 1, "wait": wait},
                                  timeout=wait + 10, patience=0)["items"]
        finally:
            if not items:
                self._room.release()
        for delivery in items:
            self._hands.do(f"delivery-{delivery['id']}", lambda delivery=delivery: self._in_hand(delivery))
        return len(items)

    def judge(self, delivery: dict) -> None:
        """One claimed delivery, to its outcome or back into the queue."""
        try:
            event = self._forge(delivery).event_of(delivery["event"], delivery["payload"])
            repo = self._repo(delivery, event)
            self._end(delivery, "done", self._acts.carry_out(decide(event, repo), delivery, repo))
        except NotYet as lag:
            self._give_back(delivery, str(lag), 1)
        except (Problem, ServiceDown) as problem:
            self._stumble(delivery, problem)
        except Exception as problem:         # the border of a delivery: a mistake of ours ends it, and says so
            log.exception("delivery %s broke", delivery["id"])
            self._end(delivery, "failed", Became(in_words(problem)))

    def _forge(self, delivery: dict) -> Forge:
        """Raises NotFound if it was taken out of FORGES since the delivery arrived."""
        if delivery["forge"] not in self._forges:
            raise NotFound(f"the forge {delivery['forge']} is not set up any more: add it to FORGES in .env")
        return self._forges[delivery["forge"]]

    def _repo(self, delivery: dict, event: ForgeEvent | Ignored) -> dict | None:
        """The repository of its own hook; of the App's hook the one that the event is about."""
        if delivery["repo"]:
            return self._db.get(f"/v1/repos/{delivery['repo']}")
        return self._repositories.of_payload(delivery["forge"], event.about.external_id) if event.about else None

    def _stumble(self, delivery: dict, problem: Problem | ServiceDown) -> None:
        reason = getattr(problem, "detail", str(problem))
        passing = isinstance(problem, ServiceDown) or problem.status in {429, 500, 502, 503, 504} or _renewed(problem, delivery)
        if not passing:
            self._end(delivery, "failed", Became(reason))
        elif _age(delivery) > GIVEN_UP_AFTER:
            self._end(delivery, "failed", Became(f"given up after {GIVEN_UP_AFTER // 3600} hours: {reason}. The rounds "
                                                 "compare heads once the forge answers"))
        else:
            told = getattr(problem, "retry_after", None) or 0
            self._give_back(delivery, reason, max(told, backoff(delivery["attempts"])))

    def _end(self, delivery: dict, state: str, became: Became) -> None:
        metrics.delivery_ended(delivery["event"], state)
        self._write(delivery, {"state": state, "outcome": became.outcome[:4000], "run": became.run,
                               "covers": became.covers and became.covers[:4000]})

    def _give_back(self, delivery: dict, reason: str, wait: float) -> None:
        wait = min(wait, LONGEST_WAIT)
        self._write(delivery, {"state": "queued", "wait": wait,
                               "outcome": f"waits: {reason}; tried again in {max(1, round(wait))} s"[:4000]})

    def _write(self, delivery: dict, fields: dict) -> None:
        try:
            self._db.patch(f"/v1/deliveries/{delivery['id']}", {"owner": self.owner, **fields}, patience=60)
        except (Conflict, NotFound) as lost:
            log.info("delivery %s has another owner: %s", delivery["id"], lost)
        except ContinuumError as down:       # its lease ends, and it is judged again, which moves nothing twice
            log.warning("the outcome of delivery %s was not written: %s", delivery["id"], down)

    def _in_hand(self, delivery: dict) -> None:
        try:
            self.judge(delivery)
        finally:
            self._room.release()

    def _claim_forever(self) -> None:
        complained = False
        while not self._stopping.is_set():
            try:
                self.claim_once(LONG_POLL)
                complained = False
            except (Problem, ServiceDown) as down:
                log.log(logging.DEBUG if complained else logging.WARNING, "deliveries wait: %s", down)
                complained = True
                self._stopping.wait(PAUSE)


def backoff(attempts: int) -> float:
    """Seconds: 2, 4, 8, … with some chance in it, so that many that wait do not come back at once."""
    return min(LONGEST_WAIT, 2 ** min(attempts, 12)) * random.uniform(0.75, 1.25)


def _renewed(problem: Problem, delivery: dict) -> bool:
    """A token that was just replaced: the next try has the new one, or says who has to sign in."""
    return problem.error == "forge_token_refused" and delivery["attempts"] <= LAGS


def _age(delivery: dict) -> float:
    """Seconds between its coming and its claim, both by the database's clock."""
    return (_moment(delivery["now"]) - _moment(delivery["received"])).total_seconds()


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
