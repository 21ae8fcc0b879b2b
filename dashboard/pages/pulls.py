"""Pull requests, and the page on which somebody lets a fork's commit run."""

from __future__ import annotations

from flask import flash, g, redirect, render_template

from common.wire.errors import Problem

from ..api import pulls as api
from ..api import repos as repos_api
from ..api.inputs import ApproveRequest, PullQuery
from .blueprint import form, page, query
from .repo import R, address


@page(R + "/pulls", right="read")
def pulls(**_):
    wanted, number = query(PullQuery), g.repo.id
    return render_template("pulls.html", repo=repos_api.get_repo(), wanted=wanted, pulls=api.list_pulls(number, wanted),
                           topics=[f"repo:{number}"])


@page(R + "/pulls/<id:number>", right="read")
def pull(number: int, **_):
    return render_template("pull.html", repo=repos_api.get_repo(), pull=api.get_pull(g.repo.id, number),
                           topics=[f"repo:{g.repo.id}"])


@page(R + "/pulls/<id:number>/approve", right="write", method="POST")
def pull_approve(number: int, **_):
    """For the commit that the page showed; where the head moved on meanwhile, the page shows the new one."""
    try:
        run = api.approve_pull(g.repo.id, number, form(ApproveRequest))
    except Problem as problem:
        if problem.status not in (400, 404, 409):
            raise
        flash(problem.detail, "failure")
        return redirect(f"{address(g.repo)}/pulls/{number}", 303)
    flash(f"Approved: run {run.id} builds and tests that commit, without secrets.", "success")
    return redirect(f"/runs/{run.id}", 303)
