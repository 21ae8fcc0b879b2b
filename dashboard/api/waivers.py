"""Findings set aside, each with a reason and an end date."""

from __future__ import annotations

from datetime import date

from flask import g

from common.wire.errors import BadRequest

from ..auth.actor import current
from ..clients import dbproxy
from . import shapes
from .answers import Page, Waiver
from .audit import audit, repo_name
from .endpoint import endpoint
from .inputs import Paging, WaiverRequest

TAG = "Waivers"


@endpoint("GET", "/repos/<id:repo>/waivers", right="read", tag=TAG)
def list_waivers(repo: int, query: Paging) -> Page[Waiver]:
    """Waivers that people made for this repository; those in .continuum.yml are not among them."""
    return shapes.page(dbproxy.get(f"/v1/repos/{repo}/waivers", params=query.model_dump()), Waiver)


@endpoint("POST", "/repos/<id:repo>/waivers", right="admin", status=201, tag=TAG)
def add_waiver(repo: int, body: WaiverRequest) -> Waiver:
    """Set a vulnerability aside until the end of that day; the next run's gate passes it."""
    if body.until < date.today():
        raise BadRequest("lies in the past", field="until")
    kept = dbproxy.post(f"/v1/repos/{repo}/waivers",
                        {**body.model_dump(mode="json", exclude_none=True), "actor": current().login})
    audit("waiver.add", f"{repo_name()} {body.vulnerability}", f"until {body.until}: {body.reason}")
    return Waiver.model_validate(kept)


@endpoint("DELETE", "/waivers/<id:waiver>", right="admin", status=204, tag=TAG)
def delete_waiver(waiver: int) -> None:
    """End a waiver now."""
    dbproxy.delete(f"/v1/waivers/{waiver}", params={"actor": current().login})
    audit("waiver.delete", f"{repo_name()} {g.waiver.get('vulnerability', waiver)}")
