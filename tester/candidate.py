"""What became of the candidate, as the deployer knows it: a check that found nobody there says why."""

from __future__ import annotations

from common.service.client import ServiceClient
from common.wire.errors import StageError

PATIENCE = 3      # seconds that we ask; a sentence in a message is not worth more


def find(deployer: ServiceClient, deployment: int) -> dict | None:
    """The deployer's entry for `deployment`; None where it has no container any more."""
    found = deployer.get("/v1/deployments", patience=PATIENCE)["deployments"]
    return next((entry for entry in found if entry["deployment"] == deployment), None)


def fate(deployer: ServiceClient, deployment: int) -> str | None:
    """Why nobody answers, in words, or None where the container runs; StageError where we stopped it ourselves."""
    entry = find(deployer, deployment)
    if entry is None:
        return "the app's container is gone"
    if entry.get("interrupted"):
        raise StageError("the candidate was stopped while Continuum was down: retry the run")
    if entry["state"] == "running":
        return None
    return entry.get("death") or f"the candidate's container is {entry['state']}"
