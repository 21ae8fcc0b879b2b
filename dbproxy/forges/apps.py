"""The registration at a forge: ids open, secrets sealed once for each service that needs them."""

from __future__ import annotations

from typing import Annotated, Literal

from flask import Blueprint, g
from psycopg2.extras import Json
from pydantic import Field, StringConstraints

from common.api.forges import ForgeApp
from common.service.web import body_as
from common.wire.errors import NotFound

from ..access import callers
from ..answers import answers
from ..bodies import Body, Name
from ..database import Transaction, transactional

bp = Blueprint("forge-apps", __name__)

LONGEST_SEALED = 60_000       # characters of base64
Sealed = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_SEALED, pattern=r"^[A-Za-z0-9+/=]+$")]
OPEN = "forge, kind, client_id, app_id, slug, html_url, changed"


class App(Body):
    kind: Literal["oauth", "app"]
    client_id: Name
    app_id: Name | None = None
    slug: Name | None = None
    html_url: Name | None = None
    sealed: Annotated[dict[Literal["dashboard", "orchestrator"], Sealed], Field(min_length=1)]


@bp.get("/v1/forge-apps/<forge>")
@callers("dashboard", "orchestrator")
@answers(ForgeApp)
@transactional
def show(transaction: Transaction, forge: str):
    """With the value that is sealed to the caller."""
    return _seen(transaction, forge)


@bp.put("/v1/forge-apps/<forge>")
@callers("dashboard", "orchestrator")
@answers(ForgeApp)
@body_as(App)
@transactional
def put(transaction: Transaction, forge: str, body: App):
    """One value for each service that needs it."""
    transaction.do(
        "INSERT INTO forge_apps (forge, kind, client_id, app_id, slug, html_url, sealed) VALUES (%(forge)s, %(kind)s, "
        "%(client_id)s, %(app_id)s, %(slug)s, %(html_url)s, %(sealed)s) ON CONFLICT (forge) DO UPDATE SET "
        "kind = excluded.kind, client_id = excluded.client_id, app_id = excluded.app_id, slug = excluded.slug, "
        "html_url = excluded.html_url, sealed = excluded.sealed, changed = now()",
        {**body.model_dump(), "forge": forge, "sealed": Json(body.sealed)})
    transaction.emit("status.updated")
    return _seen(transaction, forge)


@bp.delete("/v1/forge-apps/<forge>")
@callers("dashboard", "orchestrator")
@transactional
def remove(transaction: Transaction, forge: str):
    """204, repeatable."""
    if transaction.do("DELETE FROM forge_apps WHERE forge = %s", (forge,)):
        transaction.emit("status.updated")
    return "", 204


def _seen(transaction: Transaction, forge: str) -> dict:
    """With the value that is sealed to the caller, and no other."""
    row = transaction.one(f"SELECT {OPEN}, sealed -> %s AS value FROM forge_apps WHERE forge = %s", (g.caller, forge))
    if row is None:
        raise NotFound(f"nothing is registered at the forge {forge}")
    value = row.pop("value")
    return {**row, "sealed": {g.caller: value} if value else {}}
