"""The list of repositories, and how one is added."""

from __future__ import annotations

from urllib.parse import quote

from flask import current_app, render_template, request

from ..api import repos as api
from ..api.inputs import ForgeQuery, RepoAdd, RepoQuery, StatsQuery
from .blueprint import form, page, posted, query


@page("/repos", right="account")
def repos():
    wanted = query(RepoQuery)
    found = api.list_repos(wanted)
    return render_template("repos.html", repos=found, wanted=wanted, usual=usual(found.items),
                           topics=[f"repo:{repo.id}" for repo in found.items])


def usual(repos: list) -> dict[int, float]:
    """Repo -> seconds that its runs usually take, for those that run now; nothing of one that never finished."""
    found = {}
    for repo in repos:
        if repo.last_run and repo.last_run.state == "running":
            days = api.repo_stats(repo.id, StatsQuery()).days
            days = [day["median_seconds"] for day in days if day.get("median_seconds")]
            found |= {repo.id: days[-1]} if days else {}
    return found


@page("/repos/add", right="owner")
def add_repo():
    return _show()


@page("/repos/add", right="owner", method="POST")
def add_repo_post():
    def action() -> str:
        body = form(RepoAdd)
        api.add_repo(body)
        return f"{body.owner}/{body.name} is there: press full to see it live."
    names = [quote(request.form.get(part, ""), safe="") for part in ("forge", "owner", "name")]
    return posted(action, "/repos/" + "/".join(names), _show)


def _show(problem: str | None = None) -> str:
    wanted = query(ForgeQuery)
    forge = current_app.config["SETTINGS"].forge_names[0]
    return render_template("repos_add.html", found=api.list_forge_repos(forge, wanted), wanted=wanted, forge=forge,
                           problem=problem)
