"""Waivers: findings set aside by a person, with a reason and an end date. Removed ones stay on record."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from flask import Blueprint, request
from pydantic import Field

from common.api.base import Page
from common.api.results import Waiver
from common.service.web import body_as
from common.wire.errors import BadRequest, Conflict, NotFound
from common.wire.limits import WHO, last_day

from .. import limits
from ..access import callers
from ..answers import answers
from ..bodies import Actor, Body, Name
from ..database import Transaction, transactional
from ..paging import ALL, Filters, flag, paged, sorting
from ..repos import store as repos

bp = Blueprint("waivers", __name__)

COLUMNS = "id, repo, vulnerability, package, reason, until, actor, created, until < current_date AS expired"
SORTS = {"id": "id", "vulnerability": "vulnerability", "until": "until"}


class NewWaiver(Body):
    vulnerability: Name
    package: Name | None = None
    reason: Annotated[str, Field(min_length=3, max_length=2000)]
    until: date
    actor: Actor


@bp.post("/v1/repos/<int:repo>/waivers")
@callers("dashboard")
@answers(Waiver)
@body_as(NewWaiver)
@transactional
def create(transaction: Transaction, repo: int, body: NewWaiver):
    """The same vulnerability and package again replaces; 400 for a day that is past, or after the last that owners allow."""
    repos.get(transaction, repo)
    last = last_day(limits.of_repo(transaction, repo), date.today())
    if body.until > last:
        raise BadRequest(f"a waiver may last until {last} here; {WHO}", field="until")
    row = transaction.one(
        "INSERT INTO waivers (repo, vulnerability, package, reason, until, actor) VALUES (%s, %s, %s, %s, %s, %s) "
        "ON CONFLICT (repo, vulnerability, coalesce(package, '')) WHERE removed IS NULL DO UPDATE SET "
        "reason = excluded.reason, until = excluded.until, actor = excluded.actor, created = now() "
        f"RETURNING {COLUMNS}", (repo, body.vulnerability, body.package, body.reason, body.until, body.actor))
    if row["expired"]:
        raise Conflict(f"{body.until} is past: a waiver ends today or later", error="past", status=400)
    transaction.emit("repo.updated", repo=repo)
    return row, 201


@bp.get("/v1/repos/<int:repo>/waivers")
@callers("dashboard", "orchestrator", "scanner")
@answers(Page[Waiver])
@transactional
def index(transaction: Transaction, repo: int):
    """Those in force or past their date (`?active=true` leaves these out), all where no `per_page` is named."""
    filters = Filters()
    filters.add("repo = %s AND removed IS NULL", repo)
    if flag("active"):
        filters.add("until >= current_date")
    return paged(transaction, COLUMNS, "waivers", filters, sorting(SORTS, "id"), ALL)


@bp.get("/v1/waivers/<int:waiver>")
@callers("dashboard")
@answers(Waiver)
@transactional
def show(transaction: Transaction, waiver: int):
    row = transaction.one(f"SELECT {COLUMNS} FROM waivers WHERE id = %s AND removed IS NULL", (waiver,))
    if row is None:
        raise NotFound(f"waiver {waiver} is unknown")
    return row


@bp.delete("/v1/waivers/<int:waiver>")
@callers("dashboard")
@transactional
def remove(transaction: Transaction, waiver: int):
    """204, repeatable; `?actor=`."""
    row = transaction.one("UPDATE waivers SET removed = now(), removed_by = %s WHERE id = %s AND removed IS NULL "
                          "RETURNING repo", (request.args.get("actor", ""), waiver))
    if row:
        transaction.emit("repo.updated", repo=row["repo"])
    return "", 204
