"""What the forge delivered for a repository, what became of each, and a button to process one again."""

from __future__ import annotations

from flask import g, render_template

from ..api import deliveries as api
from ..api import repos as repos_api
from ..api.inputs import DeliveryQuery
from .blueprint import page, posted, query
from .repo import R, address

STATES = {"queued": "pending", "working": "running", "done": "success", "failed": "failure"}


@page(R + "/deliveries", right="write")
def deliveries(**_):
    wanted, number = query(DeliveryQuery), g.repo.id
    return render_template("deliveries.html", repo=repos_api.get_repo(), wanted=wanted, states=STATES,
                           deliveries=api.list_deliveries(number, wanted), topics=[f"repo:{number}"])


@page(R + "/deliveries/<id:delivery>/again", right="write", method="POST")
def delivery_again(delivery: int, **_):
    def action() -> str:
        api.process_again(g.repo.id, delivery)
        return f"Delivery {delivery} is being processed again."
    return posted(action, address(g.repo) + "/deliveries")
