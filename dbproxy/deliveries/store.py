"""Deliveries in Postgres, a queue (queues.py) in which one that is over can be judged again.

Of a repository only the first open one can be claimed, and only while no other of it is worked on, so they are judged in
the order in which they came.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, TypedDict

from psycopg2.extras import Json

from common.wire.errors import Conflict, NotFound

from ..database import DELIVERIES_CHANNEL, Transaction
from ..queues import LEASE_SECONDS, Queue, Released

GATHERED = 0.25        # seconds in which more pushes of a ref may come before the next look at it
KEPT_DAYS = 30
QUEUE = Queue("deliveries", "delivery", "forge, line", 0x64656C69)

ROW = ("deliveries.id, forge, guid, event, action, repo, repo_path, state, outcome, run, attempts, received, ended")
WHOLE = f"{ROW}, payload"

_SAME = """
    FROM deliveries one WHERE one.id = %s AND covered.forge = one.forge AND covered.line = one.line
    AND covered.state = 'queued' AND covered.event = one.event AND covered.payload ->> 'ref' = one.payload ->> 'ref'"""


class Received(TypedDict):
    event: str
    action: str | None
    repo: int | None
    repo_path: str | None
    generation: int | None
    payload: dict[str, Any]


class Judged(Released):
    run: int | None
    covers: str | None


def get(transaction: Transaction, delivery: int) -> dict:
    """Raises NotFound."""
    row = transaction.one(f"SELECT {WHOLE} FROM deliveries WHERE id = %s", (delivery,))
    if row is None:
        raise NotFound(f"delivery {delivery} is unknown")
    return row


def put(transaction: Transaction, forge: str, guid: str, values: Received) -> tuple[dict, bool]:
    """(the delivery, was it new); the same guid of the same repo again is the first one. Raises NotFound (repo), or
    Conflict `generation` where its webhook is another by now.

    Tells nobody: events and notices of Postgres make commits follow one another, and here fifty a second may come."""
    if values["repo"]:
        _check_repo(transaction, values["repo"], values["generation"])
    number = transaction.value(
        "INSERT INTO deliveries (forge, guid, event, action, repo, repo_path, payload) VALUES (%(forge)s, %(guid)s, "
        "%(event)s, %(action)s, %(repo)s, %(repo_path)s, %(payload)s) "
        "ON CONFLICT (forge, guid, coalesce(repo, 0)) DO NOTHING RETURNING id",
        {**values, "forge": forge, "guid": guid, "payload": Json(values["payload"])})
    if number is None:
        number = transaction.value("SELECT id FROM deliveries WHERE forge = %s AND guid = %s AND coalesce(repo, 0) = %s",
                                   (forge, guid, values["repo"] or 0))
        return get(transaction, number), False
    return get(transaction, number), True


def _check_repo(transaction: Transaction, repo: int, generation: int | None) -> None:
    row = transaction.one("SELECT state #>> '{webhook,generation}' AS generation FROM repos WHERE id = %s", (repo,))
    if row is None:
        raise NotFound(f"repo {repo} is unknown")
    if generation is not None and row["generation"] != str(generation):
        raise Conflict(f"the webhook of repo {repo} is not of generation {generation}", error="generation")


def claim(transaction: Transaction, owner: str, limit: int) -> list[dict]:
    """Those that `owner` has from now on, with `now`, the database's time of the claim."""
    numbers = QUEUE.claim(transaction, owner, limit)
    return transaction.all(f"SELECT {WHOLE}, now() AS now FROM deliveries WHERE id = ANY(%s::bigint[]) ORDER BY id",
                           (numbers,)) if numbers else []


def change(transaction: Transaction, delivery: int, wanted: Judged) -> dict:
    """By the one that has it; `queued` gives it back for `wait` seconds. `covers`: the outcome of those that wait with
    the same question. Raises Conflict `old_owner`."""
    row = QUEUE.held(transaction, delivery, wanted)
    if row is None:
        return get(transaction, delivery)
    QUEUE.release(transaction, delivery, wanted)
    transaction.do("UPDATE deliveries SET run = coalesce(%s, run) WHERE id = %s", (wanted["run"], delivery))
    if wanted["covers"]:
        _cover(transaction, delivery, wanted["covers"], row["lease_until"])
    _tell(transaction, row["repo"])
    return get(transaction, delivery)


def _cover(transaction: Transaction, delivery: int, outcome: str, lease_until: datetime) -> None:
    """Those about the same ref that had come when `delivery` was claimed are answered by the same look at the forge: a
    thousand pushes in a minute cost a few looks. What came since is gathered for a moment, so that the next look answers
    more than one."""
    transaction.do(
        f"UPDATE deliveries covered SET state = 'done', outcome = %s, run = one.run, ended = now(), not_before = NULL {_SAME} "
        "AND covered.received <= %s", (outcome, delivery, lease_until - timedelta(seconds=LEASE_SECONDS)))
    transaction.do(
        "UPDATE deliveries covered SET not_before = greatest(covered.not_before, now() + make_interval(secs => %s)) "
        f"{_SAME}", (GATHERED, delivery))


def again(transaction: Transaction, delivery: int, actor: str) -> dict:
    """One that is over is judged anew; one that is not will be anyway."""
    get(transaction, delivery)
    if transaction.do("UPDATE deliveries SET state = 'queued', outcome = %s, ended = NULL, owner = NULL WHERE id = %s "
                      "AND state IN ('done', 'failed')", (f"{actor} had it processed again", delivery)):
        _tell(transaction, get(transaction, delivery)["repo"])
    return get(transaction, delivery)


def prune(transaction: Transaction) -> int:
    return transaction.do("DELETE FROM deliveries WHERE received < now() - make_interval(days => %s)", (KEPT_DAYS,))


def _tell(transaction: Transaction, repo: int | None) -> None:
    transaction.emit("delivery.updated", repo=repo)
    transaction.wake(DELIVERIES_CHANNEL)
