"""What the scan found in a run's image, and how a finding is set aside."""

from __future__ import annotations

from datetime import date, timedelta

from flask import g, render_template, request

from common.wire.errors import NotFound

from ..api import findings as api
from ..api import repos as repos_api
from ..api import runs as runs_api
from ..api import waivers as waivers_api
from ..api.inputs import FindingsQuery, Paging, WaiverRequest
from .blueprint import form, page, posted, query
from .repo import R, address
from .run import frame

SEVERITIES = ("critical", "high", "medium", "low", "negligible", "unknown")


@page("/runs/<id:run>/findings", right="read")
def findings(run: int):
    found, wanted = runs_api.get_run(), query(FindingsQuery)
    try:
        listed = api.get_findings(run, wanted.model_copy(update={"format": "json"}))
    except NotFound:
        listed = None
    scans = [job for job in found.jobs if job.stage == "scan"]
    return render_template("findings.html", tab="findings", findings=listed, wanted=wanted, severities=SEVERITIES,
                           scan=scans[-1] if scans else None, **frame(found))


@page(R + "/waivers", right="read")
def waivers(**_):
    found = waivers_api.list_waivers(g.repo.id, query(Paging))
    return render_template("waivers.html", waivers=found, repo=repos_api.get_repo())


@page(R + "/waive", right="admin")
def waive(**_):
    return _form()


@page(R + "/waive", right="admin", method="POST")
def waive_post(**_):
    def action() -> str:
        body = form(WaiverRequest)
        waivers_api.add_waiver(g.repo.id, body)
        return f"{body.vulnerability} is set aside until {body.until}; the next run's gate passes it."
    return posted(action, address(g.repo) + "/waivers", _form)


@page("/waivers/<id:waiver>/delete", right="admin", method="POST")
def delete_waiver(waiver: int):
    def action() -> str:
        waivers_api.delete_waiver(waiver)
        return "The waiver has ended."
    return posted(action, address(g.repo) + "/waivers")


def _form(problem: str | None = None) -> str:
    given = request.form if request.method == "POST" else request.args
    return render_template("waive.html", repo=repos_api.get_repo(), given=given, problem=problem, today=date.today(),
                           usual=date.today() + timedelta(days=90))
