"""What serves, what served, with the live one's usage and runtime log."""

from __future__ import annotations

from flask import g, render_template, request

from common.wire.errors import Problem, ServiceDown

from ..api import deployments as api
from ..api import repos as repos_api
from ..api.inputs import DeploymentQuery
from ..api.wording import Invalid
from .blueprint import late, page, posted, query
from .plain import reads_plain
from .repo import R, address

HEIGHT, WIDTH = 24, 120      # of a sparkline, in px
LEAST_CPU, LEAST_MEMORY = 0.1, 16 * 1024**2      # cores and bytes at its top, at least


@page(R + "/deployments", right="read")
def deployments(**_):
    repo = repos_api.get_repo()
    live = repo.live      # on whatever page of the list it is
    return render_template("deployments.html", deployments=api.list_deployments(repo.id, query(DeploymentQuery)),
                           repo=repo, live=live, usage=usage(live.id) if live else None, topics=[f"repo:{repo.id}"])


@page("/deployments/<id:deployment>/log", right="read")
def runtime_log(deployment: int):
    lines, problem = tail(deployment) if reads_plain() else ([], None)
    return render_template("runtime_log.html", deployment=api.get_deployment(), repo=repos_api.get_repo(), lines=lines,
                           problem=problem, topics=[f"repo:{g.repo.id}"])


def tail(deployment: int) -> tuple[list[list], str | None]:
    """The last lines, for who runs no scripts; or why there are none."""
    try:
        lines = api.last_lines(deployment)
    except (ServiceDown, Problem) as problem:
        return [], str(problem)
    return lines, None if lines else "It has printed nothing yet."


@page("/deployments/<id:deployment>/stop", right="admin", method="POST")
def stop_deployment(deployment: int):
    """The name is typed, so that nobody stops the wrong app."""
    def action() -> str:
        if request.form.get("name") != g.repo.name:
            raise Invalid({"name": f"nothing was stopped: type {g.repo.name} to confirm"})
        return api.stop_deployment(deployment).detail.capitalize() + "."
    return posted(action, address(g.repo) + "/deployments", lambda problem: confirm_page(problem))


def confirm_page(problem: str | None = None) -> str:
    return render_template("confirm_stop.html", repo=repos_api.get_repo(), deployment=api.get_deployment(),
                           problem=problem, given=request.form)


def usage(deployment: int) -> dict:
    """The numbers and two sparklines; or why there are none."""
    try:
        found = api.deployment_usage(deployment)
    except (ServiceDown, Problem) as problem:
        return {"late": late(problem)}
    return {"now": found, "cpu": spark([sample_of(item, "cpu", 0) for item in found.samples], LEAST_CPU),
            "memory": spark([sample_of(item, "memory", 1) for item in found.samples], LEAST_MEMORY)}


def sample_of(item, name: str, index: int) -> float:
    return float((item.get(name) if isinstance(item, dict) else item[index]) or 0)


def spark(values: list[float], least: float) -> str:
    """Points of an SVG polyline, whose height is the highest value and some room, or `least`: noise stays small."""
    if len(values) < 2:
        return ""
    top = max(1.25 * max(values), least)
    return " ".join(f"{index * WIDTH / (len(values) - 1):.1f},{HEIGHT - 1 - value / top * (HEIGHT - 2):.1f}"
                    for index, value in enumerate(values))
