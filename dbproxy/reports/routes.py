"""The report endpoints."""

from __future__ import annotations

from typing import Annotated, Literal

from flask import Blueprint
from pydantic import Field

from common.api.base import Items
from common.api.forges import ClaimedReport, ReportOutcome
from common.service.web import body_as

from ..access import callers
from ..answers import answers
from ..bodies import Body, Claim, Name
from ..database import Transaction, transactional
from ..queues import claim_rows
from ..waiting import listener
from . import store

bp = Blueprint("reports", __name__)


class ReportChange(Body):
    owner: Name
    attempt: int = Field(ge=1)
    state: Literal["queued", "done", "failed"]
    outcome: Annotated[str, Field(max_length=4000)]
    known: Annotated[str, Field(max_length=200)] | None = None
    wait: float = Field(default=0, ge=0, le=3600)      # seconds, with `queued`


@bp.post("/v1/reports/claim")
@callers("orchestrator")
@answers(Items[ClaimedReport])
@body_as(Claim)
def claim(body: Claim):
    """As of deliveries; one line's in their order, one at a time."""
    return claim_rows(store.QUEUE, store.claim, listener().reports, body)


@bp.patch("/v1/reports/<int:report>")
@callers("orchestrator")
@answers(ReportOutcome)
@body_as(ReportChange)
@transactional
def change(transaction: Transaction, report: int, body: ReportChange):
    """By its owner, in the `attempt` of the claim: 409 `old_owner`; `queued`: given back for `wait` seconds. Kept 30 days."""
    return store.change(transaction, report, body.model_dump())
