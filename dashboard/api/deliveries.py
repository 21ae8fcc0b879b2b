"""What the forge delivered for a repository, what became of it, and how one is processed again."""

from __future__ import annotations

from common.wire.errors import NotFound

from ..auth.actor import current
from ..auth.rights import UNKNOWN
from ..clients import db, orchestrator
from . import shapes
from .answers import Accepted, Page
from .audit import audit, repo_name
from .endpoint import endpoint
from .forge_answers import Delivery
from .inputs import DeliveryQuery

TAG = "Forge"


@endpoint("GET", "/repos/<id:repo>/deliveries", right="write", tag=TAG)
def list_deliveries(repo: int, query: DeliveryQuery) -> Page[Delivery]:
    """Deliveries of the last 30 days, newest first."""
    return shapes.page(db.deliveries.page(repo=repo, **query.filters()), Delivery)


@endpoint("POST", "/repos/<id:repo>/deliveries/<id:delivery>/again", right="write", status=202, tag=TAG)
def process_again(repo: int, delivery: int) -> Accepted:
    """Judge a delivery anew, as if it had just arrived; what moved nothing the first time moves nothing now."""
    _check_own(repo, delivery)
    orchestrator.post(f"/v1/deliveries/{delivery}/again", {"actor": current().login})
    audit("delivery.again", f"{repo_name()} delivery {delivery}")
    return Accepted(detail="it is being processed again")


def last_delivery(repo: int) -> Delivery | None:
    found = db.deliveries.page(repo=repo, per_page=1).items
    return shapes.answer(Delivery, found[0]) if found else None


def _check_own(repo: int, delivery: int) -> None:
    """Another repository's delivery is as unknown as any."""
    if db.deliveries.get(delivery).repo != repo:
        raise NotFound(UNKNOWN)
