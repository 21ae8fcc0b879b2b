"""The danger zone: a repository and all that is of it, gone."""

from __future__ import annotations

import logging

from flask import g

from common.wire.errors import ContinuumError

from ..auth.actor import current
from ..clients import orchestrator
from .audit import audit, repo_name
from .endpoint import endpoint
from .inputs import RepoRemoval
from .webhook import remove_webhook
from .wording import Invalid

log = logging.getLogger(__name__)

LONGEST = 150      # seconds: containers may take their grace to stop


@endpoint("DELETE", "/repos/<id:repo>", right="admin", status=204, tag="Repositories",
          also={409: "a run of it is not over: cancel it first"})
def remove_repo(repo: int, query: RepoRemoval) -> None:
    """Remove its containers, volumes, network, runs, logs, findings, secrets and settings. `confirm` is owner/name.

    The repository at its forge is not touched, but for the webhook that we made there.
    """
    name = g.repo.path
    if query.confirm != name:
        raise Invalid({"confirm": f"type {name} to remove it"})
    _remove_hook(repo)
    orchestrator.delete(f"/v1/repos/{repo}", json={"actor": current().login}, timeout=LONGEST, patience=0)
    audit("repo.remove", repo_name())


def _remove_hook(repo: int) -> None:
    """A forge that is away, or does not know us any more, holds nothing up: what its hook sends is 404 from then on."""
    if g.repo.state.webhook is None or g.repo.state.webhook.id is None:
        return
    try:
        remove_webhook(repo)
    except ContinuumError as problem:
        log.warning("the webhook of %s stays at its forge: %s", repo_name(), problem)
