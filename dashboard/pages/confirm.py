"""Pages that name an effect before it happens; with JavaScript they open as a dialog."""

from __future__ import annotations

from flask import g, render_template

from common.errors import NotFound

from ..api import deployments as deployments_api
from ..api import repos as repos_api
from ..api.inputs import Paging, RollbackRequest
from .blueprint import page, query
from .deployments import confirm_page
from .repo import R


@page(R + "/rollback", right="write")
def confirm_rollback(**_):
    wanted = query(RollbackRequest)
    listed = deployments_api.list_deployments(g.repo["id"], Paging(per_page=100)).items
    now = next((item for item in listed if item.state == "live"), None)
    back = next((item for item in listed if item.state == "kept" and wanted.digest in (None, item.digest)), None)
    if back is None:
        raise NotFound("nothing is kept to go back to")
    return render_template("confirm_rollback.html", repo=repos_api.get_repo(), now=now, back=back)


@page("/deployments/<id:deployment>/stop", right="admin")
def confirm_stop(deployment: int):
    return confirm_page()


@page(R + "/settings/secrets/<string:secret>/delete", right="admin")
def confirm_secret_delete(secret: str, **_):
    return render_template("confirm_secret.html", repo=repos_api.get_repo(), secret=secret)
