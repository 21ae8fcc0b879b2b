"""The danger zone: a repository and all that is of it, gone."""

from __future__ import annotations

from flask import g

from ..auth.actor import current
from ..services import orchestrator
from .audit import audit, repo_name
from .endpoint import endpoint
from .inputs import RepoRemoval
from .wording import Invalid

LONGEST = 150      # seconds: containers may take their grace to stop


@endpoint("DELETE", "/repos/<id:repo>", right="admin", status=204, tag="Repositories",
          also={409: "a run of it is not over: cancel it first"})
def remove_repo(repo: int, query: RepoRemoval) -> None:
    """Remove its containers, volumes, network, runs, logs, findings, secrets and settings. `confirm` is owner/name.

    The repository at its forge is not touched.
    """
    name = f"{g.repo['owner']}/{g.repo['name']}"
    if query.confirm != name:
        raise Invalid({"confirm": f"type {name} to remove it"})
    orchestrator.delete(f"/v1/repos/{repo}", json={"actor": current().login}, timeout=LONGEST, patience=0)
    audit("repo.remove", repo_name())
