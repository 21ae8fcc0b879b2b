"""The audit log: who did what to what, in the order it happened. Nothing changes or removes an
entry, but for the oldest failed sign-ins (accounts/refusals.py)."""

from __future__ import annotations

from flask import Blueprint, request
from psycopg2.extras import Json

from common.api.base import Page
from common.api.people import AuditEntry
from common.service.web import body_as

from .access import callers
from .answers import answers
from .bodies import Body, Name
from .database import Transaction, transactional
from .like import contains
from .paging import Filters, paged, sorting

bp = Blueprint("audit", __name__)

COLUMNS = "id, at, actor, action, object, detail, ip"


class Entry(Body):
    actor: Name
    action: Name
    object: str = ""
    detail: dict | list | str | None = None
    ip: str | None = None
    key: Name | None = None      # the same key again is the same entry


@bp.post("/v1/audit")
@callers("dashboard", "orchestrator")
@answers(AuditEntry)
@body_as(Entry)
@transactional
def create(transaction: Transaction, body: Entry):
    """The same `key` again is the same entry."""
    values = {**body.model_dump(), "detail": Json(body.detail)}
    row = transaction.one("INSERT INTO audit (actor, action, object, detail, ip, key) VALUES (%(actor)s, %(action)s, "
                          "%(object)s, %(detail)s, %(ip)s, %(key)s) ON CONFLICT (key) DO NOTHING "
                          f"RETURNING {COLUMNS}", values)
    if row is None:
        row = transaction.one(f"SELECT {COLUMNS} FROM audit WHERE key = %s", (body.key,))
    return row, 201


@bp.get("/v1/audit")
@callers("dashboard", "orchestrator")
@answers(Page[AuditEntry])
@transactional
def index(transaction: Transaction):
    """The newest first. Filters: `actor action object`."""
    filters = Filters()
    for name in ("actor", "action"):
        filters.equal(name, name)
    if request.args.get("object"):
        filters.add("object ILIKE %s", contains(request.args["object"]))
    return paged(transaction, COLUMNS, "audit", filters, sorting({"id": "id"}, "-id"))
