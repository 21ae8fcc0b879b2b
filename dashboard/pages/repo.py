"""The page of one repository: how it goes, what runs, what is live."""

from __future__ import annotations

import math

from flask import flash, g, redirect, render_template, request

from common.api.repos import Repo
from common.wire.errors import NotFound, Problem, ServiceDown
from common.wire.stages import STARTABLE

from ..api import deployments as deployments_api
from ..api import repos as api
from ..api import runs as runs_api
from ..api.answers import Kinds
from ..api.endpoint import parse
from ..api.inputs import Paging, RefQuery, RollbackRequest, RunQuery, RunRequest, StatsQuery
from ..api.wording import Invalid
from ..web.together import together
from .blueprint import AT_FIELD, began, beside_fields, form, late, page, posted, query

R = "/repos/<forge:forge>/<name:owner>/<name:name>"
UPDATES = 10                   # last changes of refs
AROUND = 2 * math.pi * 42      # of the doughnut's ring


def address(repo: Repo) -> str:
    return f"/repos/{repo.forge}/{repo.owner}/{repo.name}"


@page(R, right="read")
def repo(**_):
    return _show()


def _show(problem: str | None = None) -> str:
    number, wanted, ref = g.repo.id, query(RunQuery), _chosen()
    (kinds, refs, missing), runs, stats, updates = together(
        lambda: _orchestrated(number, ref), lambda: runs_api.list_runs(number, wanted),
        lambda: api.repo_stats(number, StatsQuery()), lambda: api.list_ref_updates(number, Paging(per_page=UPDATES)))
    return render_template(
        "repo.html", repo=api.get_repo(), wanted=wanted, runs=runs, kinds=kinds, refs=refs, late=missing, start=STARTABLE,
        ring=ring(stats), ref=ref or g.repo.default_branch, topics=[f"repo:{number}"],
        problem=problem, updates=updates)


@page(R + "/run", right="write", method="POST")
def start_run(**_):
    """What is pressed twice is one run."""
    try:
        run, status = runs_api.start_run(g.repo.id, form(RunRequest))
    except NotFound as problem:
        return _show(problem.detail), 422
    except Problem as problem:
        if problem.status not in AT_FIELD:
            raise
        return _show(beside_fields(problem)), problem.status
    began(run.id)
    if status == 200:
        flash(f"Run {run.id} does that already.", "success")
    return redirect(f"/runs/{run.id}", 303)


@page(R + "/rollback", right="write", method="POST")
def rollback_post(**_):
    def action() -> str:
        run = deployments_api.rollback(g.repo.id, form(RollbackRequest))
        began(run.id)
        return f"Rolling back: run {run.id}."
    return posted(action, address(g.repo) + "/deployments")


def _chosen() -> str | None:
    """The branch or tag to run on: the one that was tried, or asked for by `?on=`, else that of the list. None: the
    default branch, also in the place of what can be none."""
    asked = request.form.get("ref") or request.args.get("on") or request.args.get("ref")
    try:
        return parse(RefQuery, {"ref": asked} if asked else {}).ref
    except Invalid as problem:
        g.problems.update(problem.fields)
        return None


def _orchestrated(number: int, ref: str | None) -> tuple[Kinds, list[str], str | None]:
    """What needs the orchestrator comes late, or not: the page stands without it and says so."""
    try:
        kinds, refs = together(lambda: api.repo_kinds(number, RefQuery(ref=ref)), api.repo_refs)
        return kinds, [ref.name for ref in (*refs.branches, *refs.tags)], None
    except (ServiceDown, Problem) as problem:
        return Kinds(kinds={}), [], late(problem)


def ring(stats) -> dict:
    """The doughnut: for each part its count, and where on the circle it begins and how long it is."""
    parts = [("success", stats.success), ("failed", stats.failure + stats.error), ("canceled", stats.canceled),
             ("waiting", stats.waiting)]
    total, start, arcs = sum(count for _, count in parts), 0.0, []
    for name, count in parts:
        if count:
            arcs.append({"name": name, "length": AROUND * count / total, "offset": -start})
            start += AROUND * count / total
    return {"counts": dict(parts), "total": total, "arcs": arcs, "around": AROUND}
