"""Findings set aside, each with a reason and an end date."""

from __future__ import annotations

from datetime import date

from flask import g

from common.wire.errors import BadRequest

from ..auth.actor import current
from ..clients import db
from . import shapes
from .answers import Page, Waiver
from .audit import audit, repo_name
from .endpoint import endpoint
from .inputs import Paging, WaiverRequest

TAG = "Waivers"


@endpoint("GET", "/repos/<id:repo>/waivers", right="read", tag=TAG)
def list_waivers(repo: int, query: Paging) -> Page[Waiver]:
    """Waivers that people made for this repository; those in .continuum.yml are not among them."""
    return shapes.page(db.waivers.page(repo, **query.filters()), Waiver)


@endpoint("POST", "/repos/<id:repo>/waivers", right="admin", status=201, tag=TAG)
def add_waiver(repo: int, body: WaiverRequest) -> Waiver:
    """Set a vulnerability aside until the end of that day; the next run's gate passes it."""
    if body.until < date.today():
        raise BadRequest("lies in the past", field="until")
    kept = db.waivers.create(repo, **body.model_dump(mode="json"), actor=current().login)
    audit("waiver.add", f"{repo_name()} {body.vulnerability}", f"until {body.until}: {body.reason}")
    return shapes.answer(Waiver, kept)


@endpoint("DELETE", "/waivers/<id:waiver>", right="admin", status=204, tag=TAG)
def delete_waiver(waiver: int) -> None:
    """End a waiver now."""
    db.waivers.remove(waiver, current().login)
    audit("waiver.delete", f"{repo_name()} {g.waiver.vulnerability}")
