"""Pick a repository of yours on GitHub: from then on every push goes live by itself, or says why not."""

from __future__ import annotations

from flask import flash, redirect, render_template

from common.errors import Problem, ServiceDown

from ..api import github as api
from ..api import webhook as webhook_api
from ..api.inputs import ForgeSearch, Input, PathName
from ..auth import targets
from ..auth.actor import current
from ..github import reach, scopes
from ..github.registration import registration
from .blueprint import form, late, page, query


class Pick(Input):
    owner: PathName
    name: PathName


@page("/repos/github", right="account")
def github_repos():
    wanted, found = query(ForgeSearch), registration()
    told = {"wanted": wanted, "registered": found, "words": scopes.REPOSITORIES, "repos": None, "late": None,
            "enough": found is not None and scopes.reach_repositories(found, list(current().forge_scopes or ()))}
    if current().on_github and told["enough"]:
        try:
            told["repos"] = api.list_github_repos(wanted)
        except ServiceDown as problem:
            told["late"] = late(problem)
    return render_template("github_repos.html", **told)


@page("/repos/github", right="account", scope="admin", method="POST")
def github_connect():
    try:
        answer = api.connect(**form(Pick).model_dump())
    except Problem as problem:
        if problem.status not in (400, 403, 404, 409):
            raise
        flash(problem.detail, "failure")
        return redirect("/repos/github", 303)
    flash(f"{answer.owner}/{answer.name} is connected. {_hooked(answer)}", "success")
    return redirect(f"/repos/github/{answer.owner}/{answer.name}", 303)


def _hooked(repo) -> str:
    """The webhook comes with it where that can be; the repository is connected all the same."""
    if repo.right != "admin" or reach.problem():
        return "Pushes are found by comparing branch heads; press full to see it live now."
    try:
        if not webhook_api.by_app(webhook_api.grant(repo.id)):
            webhook_api.make_for(targets.repo(repo.id))
    except (Problem, ServiceDown) as problem:
        return f"Its webhook could not be made ({problem}); pushes are found by comparing branch heads."
    return "Every push runs from now on; press full to see it live now."
