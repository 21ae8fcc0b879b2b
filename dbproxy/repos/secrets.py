"""People's secrets: sealed to the service that uses them, so that neither this service nor Postgres can read them."""

from __future__ import annotations

from typing import Annotated, Literal

from flask import Blueprint, g, request
from psycopg2.extras import Json
from pydantic import Field, RootModel, StringConstraints

from common.api.base import Page
from common.api.repos import Secret, SecretWithValue
from common.service.web import body_as, parse
from common.wire.contracts import SecretName
from common.wire.errors import BadRequest, Forbidden
from common.wire.stages import WITH_SECRETS

from ..access import callers
from ..answers import answers
from ..bodies import Actor, Body
from ..database import Transaction, transactional
from ..paging import ALL, Filters, paged, sorting, whole
from . import store

bp = Blueprint("secrets", __name__)

LONGEST_SEALED = 200_000      # characters of base64
SORTS = {"name": "name", "set_at": "set_at"}
Sealed = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_SEALED, pattern=r"^[A-Za-z0-9+/=]+$")]


class NewSecret(Body):
    use: Annotated[list[Literal[tuple(WITH_SECRETS)]], Field(min_length=1)]
    sealed: Annotated[dict[Literal[tuple(WITH_SECRETS.values())], Sealed], Field(min_length=1)]
    actor: Actor


class _Name(RootModel):
    root: SecretName


@bp.get("/v1/repos/<int:repo>/secrets")
@callers("dashboard", "orchestrator")
@answers(Page[Secret])
@transactional
def index(transaction: Transaction, repo: int):
    """Names and who set them; `?sealed=builder|deployer`, for orchestrator alone: those with a value for it, with that value."""
    store.get(transaction, repo)
    filters = Filters()
    filters.add("repo = %s", repo)
    service = request.args.get("sealed")
    if service is None:
        columns = "name, use, set_by, set_at"
        return paged(transaction, columns, "secrets", filters, sorting(SORTS, "name"), ALL)
    return _sealed_to(transaction, repo, service)


@bp.put("/v1/repos/<int:repo>/secrets/<name>")
@callers("dashboard")
@body_as(NewSecret)
@transactional
def put(transaction: Transaction, repo: int, name: str, body: NewSecret):
    """204. The value is sealed to the service that uses it."""
    parse(_Name, name)
    store.get(transaction, repo)
    transaction.do(
        "INSERT INTO secrets (repo, name, use, sealed, set_by) VALUES (%s, %s, %s, %s, %s) "
        "ON CONFLICT (repo, name) DO UPDATE SET use = excluded.use, sealed = excluded.sealed, "
        "set_by = excluded.set_by, set_at = now()", (repo, name, body.use, Json(body.sealed), body.actor))
    transaction.emit("repo.updated", repo=repo)
    return "", 204


@bp.delete("/v1/repos/<int:repo>/secrets/<name>")
@callers("dashboard")
@transactional
def remove(transaction: Transaction, repo: int, name: str):
    """204, repeatable."""
    if transaction.do("DELETE FROM secrets WHERE repo = %s AND name = %s", (repo, name)):
        transaction.emit("repo.updated", repo=repo)
    return "", 204


def _sealed_to(transaction: Transaction, repo: int, service: str) -> Page[SecretWithValue]:
    """All secrets of the repo that have a value for `service`, each with it as `sealed`; not in pages."""
    if g.caller != "orchestrator":
        raise Forbidden("sealed values are for the orchestrator alone")
    if service not in ("builder", "deployer"):
        raise BadRequest("sealed is builder or deployer")
    items = transaction.all("SELECT name, use, set_by, set_at, sealed ->> %s AS sealed FROM secrets "
                            "WHERE repo = %s AND sealed ? %s ORDER BY name", (service, repo, service))
    return Page[SecretWithValue].model_validate(whole(items))
