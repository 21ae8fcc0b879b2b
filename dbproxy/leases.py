"""What one of several instances does for all of them: whoever holds its name, for a time on the database's clock."""

from __future__ import annotations

from flask import Blueprint
from pydantic import Field

from common.api.events import HeldLease
from common.service.web import body_as

from .access import callers
from .answers import answers
from .bodies import Actor, Body
from .database import Transaction, transactional

bp = Blueprint("leases", __name__)


class Claim(Body):
    owner: Actor
    seconds: int = Field(ge=1, le=3600)


class Release(Body):
    owner: Actor


@bp.put("/v1/leases/<name>")
@callers("orchestrator")
@answers(HeldLease)
@body_as(Claim)
@transactional
def claim(transaction: Transaction, name: str, body: Claim):
    """Taken where it is free, renewed where it is the caller's own; else another has it."""
    held = transaction.one(
        "INSERT INTO leases (name, owner, lease_until) VALUES (%(name)s, %(owner)s, now() + make_interval(secs => %(seconds)s)) "
        "ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, lease_until = excluded.lease_until "
        "WHERE leases.owner = excluded.owner OR leases.lease_until < now() RETURNING name",
        {"name": name[:200], "owner": body.owner, "seconds": body.seconds})
    return {"held": held is not None}


@bp.delete("/v1/leases/<name>")
@callers("orchestrator")
@body_as(Release)
@transactional
def release(transaction: Transaction, name: str, body: Release):
    """204, repeatable."""
    transaction.do("DELETE FROM leases WHERE name = %s AND owner = %s", (name[:200], body.owner))
    return "", 204


def prune(transaction: Transaction) -> None:
    """Of owners that died."""
    transaction.do("DELETE FROM leases WHERE lease_until < now() - interval '1 day'")
