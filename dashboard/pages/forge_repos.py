"""Pick a repository of yours at a forge: from then on every push goes live by itself, or says why not."""

from __future__ import annotations

from flask import flash, redirect, render_template

from common.wire.errors import Problem, ServiceDown

from ..api import own_repos as api
from ..api import webhook as webhook_api
from ..api.inputs import ForgeSearch, Input, PathName
from ..auth.actor import current
from ..clients import db
from ..forge import hub, reach, registrations
from .blueprint import form, late, page, query


class Pick(Input):
    owner: PathName
    name: PathName


@page("/repos/<hub:forge>", right="account")
def own_repos(forge: str):
    place = hub(forge)
    wanted, found = query(ForgeSearch), registrations(place).now()
    told = {"wanted": wanted, "registered": found, "repos": None, "late": None,
            "words": found and place.consent(found, repositories=True).words[0],
            "enough": found is not None and place.reaches_repositories(found, current().forge_scopes or ())}
    if current().known_at_forge and told["enough"]:
        try:
            told["repos"] = api.list_own_repos(forge, wanted)
        except ServiceDown as problem:
            told["late"] = late(problem)
    return render_template("own_repos.html", hub=place, **told)


@page("/repos/<hub:forge>", right="account", scope="admin", method="POST")
def connect_repo(forge: str):
    here = f"/repos/{forge}"
    try:
        answer = api.connect(forge, **form(Pick).model_dump())
    except Problem as problem:
        if problem.status not in (400, 403, 404, 409):
            raise
        flash(problem.detail, "failure")
        return redirect(here, 303)
    flash(f"{answer.owner}/{answer.name} is connected. {_hooked(forge, answer)}", "success")
    return redirect(f"{here}/{answer.owner}/{answer.name}", 303)


def _hooked(forge: str, repo) -> str:
    """The webhook comes with it where that can be; the repository is connected all the same."""
    if repo.right != "admin" or reach.problem(hub(forge)):
        return "Pushes are found by comparing branch heads; press full to see it live now."
    try:
        row = db.repos.get(repo.id)
        if not webhook_api.by_app(hub(forge), webhook_api.grant(row)):
            webhook_api.make_for(row)
    except (Problem, ServiceDown) as problem:
        return f"Its webhook could not be made ({problem}); pushes are found by comparing branch heads."
    return "Every push runs from now on; press full to see it live now."
