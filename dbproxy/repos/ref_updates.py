"""What became of each change of a repository's branches and tags: written by orchestrator, shown on its page."""

from __future__ import annotations

from typing import Annotated

from flask import Blueprint
from pydantic import Field

from common.api.base import Page
from common.api.repos import RefUpdate
from common.service.web import body_as
from common.wire.contracts import Commit

from ..access import callers
from ..answers import answers
from ..bodies import Actor, Body
from ..database import Transaction, transactional
from ..paging import Filters, paged, sorting
from . import store

bp = Blueprint("ref_updates", __name__)

KEPT = 500          # of each repository
ROW = "ref_updates.id, repo, ref, before, after, actor, outcome, run, at"


class NewRefUpdate(Body):
    key: Annotated[str, Field(min_length=1, max_length=200)]
    ref: Annotated[str, Field(min_length=1, max_length=1100)]
    before: Commit | None = None
    after: Commit | None = None
    actor: Actor | None = None
    outcome: Annotated[str, Field(min_length=1, max_length=4000)]
    run: int | None = None


@bp.post("/v1/repos/<int:repo>/ref-updates")
@callers("orchestrator")
@answers(RefUpdate)
@body_as(NewRefUpdate)
@transactional
def add(transaction: Transaction, repo: int, body: NewRefUpdate):
    """The row of that change; told again, the outcome is the newer one, and a run that it started stays."""
    store.get(transaction, repo)
    number = transaction.value(
        "INSERT INTO ref_updates (repo, key, ref, before, after, actor, outcome, run) VALUES (%(repo)s, %(key)s, %(ref)s, "
        "%(before)s, %(after)s, %(actor)s, %(outcome)s, %(run)s) ON CONFLICT (repo, key) DO UPDATE SET "
        "outcome = excluded.outcome, run = coalesce(excluded.run, ref_updates.run) RETURNING id",
        {**body.model_dump(), "repo": repo})
    transaction.do("DELETE FROM ref_updates WHERE repo = %s AND id <= (SELECT id FROM ref_updates WHERE repo = %s "
                   "ORDER BY id DESC OFFSET %s LIMIT 1)", (repo, repo, KEPT))
    transaction.emit("repo.updated", repo=repo)
    return transaction.one(f"SELECT {ROW} FROM ref_updates WHERE id = %s", (number,))


@bp.get("/v1/repos/<int:repo>/ref-updates")
@callers("orchestrator", "dashboard")
@answers(Page[RefUpdate])
@transactional
def index(transaction: Transaction, repo: int):
    """Newest first."""
    store.get(transaction, repo)
    filters = Filters()
    filters.add("repo = %s", repo)
    return paged(transaction, ROW, "ref_updates", filters, sorting({"id": "id"}, "-id"))
