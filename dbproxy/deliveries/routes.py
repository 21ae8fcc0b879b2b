"""The delivery endpoints."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from flask import Blueprint
from pydantic import Field, field_validator

from common.api.base import Items, Page
from common.api.forges import ClaimedDelivery, Delivery, DeliveryWithPayload
from common.service.web import body_as

from ..access import callers
from ..answers import answers
from ..bodies import Actor, Body, Claim, Name
from ..database import Transaction, database, transactional
from ..paging import Filters, paged, sorting
from ..queues import claim_rows
from ..waiting import listener
from . import store

bp = Blueprint("deliveries", __name__)

LARGEST_PAYLOAD = 64 * 1024      # bytes of JSON


class NewDelivery(Body):
    event: Name
    action: Name | None = None
    repo: int | None = None
    repo_path: Annotated[str, Field(max_length=300)] | None = None
    generation: int | None = None        # of the repo's webhook, whose secret the sender had
    payload: dict[str, Any] = {}

    @field_validator("payload")
    @classmethod
    def _bounded(cls, payload: dict[str, Any]) -> dict[str, Any]:
        if len(json.dumps(payload).encode()) > LARGEST_PAYLOAD:
            raise ValueError(f"is larger than {LARGEST_PAYLOAD} bytes: keep what the decision needs")
        return payload


class DeliveryChange(Body):
    owner: Name
    state: Literal["queued", "done", "failed"]
    outcome: Annotated[str, Field(max_length=4000)]
    run: int | None = None
    wait: float = Field(default=0, ge=0, le=3600)      # seconds, with `queued`
    covers: Annotated[str, Field(max_length=4000)] | None = None


class Again(Body):
    actor: Actor


@bp.put("/v1/deliveries/<forge>/<guid>")
@callers("dashboard")
@answers(DeliveryWithPayload)
@body_as(NewDelivery)
def put(forge: str, guid: str, body: NewDelivery):
    """201 new, 200 the same guid of the same repo again; 409 `generation` where the repo's webhook is another by now. `payload`:
    what the decision needs, at most 64 KiB.

    Whoever waits at this dbproxy for a delivery is woken at once; at another one their next poll finds it.
    """
    delivery, new = database().run(store.put, forge, guid, body.model_dump())
    if new:
        listener().deliveries.ring()
    return delivery, 201 if new else 200


@bp.get("/v1/deliveries")
@callers("dashboard", "orchestrator")
@answers(Page[Delivery])
@transactional
def index(transaction: Transaction):
    """The newest first, without payloads. Filters: `repo state event forge guid`."""
    filters = Filters()
    for name in ("repo", "state", "event", "forge", "guid"):
        filters.equal(name, name)
    return paged(transaction, store.ROW, "deliveries", filters, sorting({"id": "id"}, "-id"))


@bp.get("/v1/deliveries/<int:delivery>")
@callers("dashboard", "orchestrator")
@answers(DeliveryWithPayload)
@transactional
def show(transaction: Transaction, delivery: int):
    return store.get(transaction, delivery)


@bp.post("/v1/deliveries/claim")
@callers("orchestrator")
@answers(Items[ClaimedDelivery])
@body_as(Claim)
def claim(body: Claim):
    """Queued ones, or those of an owner that died (a lease of 120 s): one repo's in their order, one at a time. Waits up to `wait`
    seconds for one."""
    return claim_rows(store.QUEUE, store.claim, listener().deliveries, body)


@bp.patch("/v1/deliveries/<int:delivery>")
@callers("orchestrator")
@answers(DeliveryWithPayload)
@body_as(DeliveryChange)
@transactional
def change(transaction: Transaction, delivery: int, body: DeliveryChange):
    """By its owner: 409 `old_owner`. `covers`: the outcome of queued ones of the same event, ref and repo that had come
    by the claim; `queued`: given back for `wait` seconds. Kept 30 days."""
    return store.change(transaction, delivery, body.model_dump())


@bp.post("/v1/deliveries/<int:delivery>/again")
@callers("orchestrator")
@answers(DeliveryWithPayload)
@body_as(Again)
@transactional
def again(transaction: Transaction, delivery: int, body: Again):
    """One that is over is judged anew."""
    return store.again(transaction, delivery, body.actor)
