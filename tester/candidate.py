"""What became of the candidate, as the deployer knows it: a check that found nobody there says why."""

from __future__ import annotations

from common.client import ServiceClient

PATIENCE = 3      # seconds that we ask; a sentence in a message is not worth more


def find(deployer: ServiceClient, deployment: int) -> dict | None:
    """The deployer's entry for `deployment`; None where it has no container any more."""
    found = deployer.get("/v1/deployments", patience=PATIENCE)["deployments"]
    return next((entry for entry in found if entry["deployment"] == deployment), None)


def fate(deployer: ServiceClient, deployment: int) -> str | None:
    """Why nobody answers, in words, or None where the container runs; RuntimeError where we stopped it ourselves."""
    entry = find(deployer, deployment)
    if entry is None:
        return "the candidate's container is gone"
    if entry.get("interrupted"):
        raise RuntimeError("the candidate was stopped while Continuum was down: retry the run")
    if entry["state"] == "running":
        return None
    memory = ", out of memory" if entry.get("oom") else ""
    verb = "has" if entry["state"] == "exited" else "is"
    return f"the candidate {verb} {entry['state']}, exit code {entry.get('exit_code')}{memory}"
