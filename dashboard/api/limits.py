"""What owners allow repositories to request: for the installation, and for one repository."""

from __future__ import annotations

from common.wire.contracts import LimitsChange
from common.wire.limits import written

from ..auth import targets
from ..auth.actor import current
from ..clients import dbproxy, orchestrator
from .answers import DiskUse, LimitsSet
from .audit import audit
from .endpoint import endpoint

TAG = "Limits"


@endpoint("GET", "/limits", right="account", tag=TAG)
def get_limits() -> LimitsSet:
    """Get the installation's limits: sizes in bytes, times in seconds."""
    return LimitsSet.model_validate(dbproxy.get("/v1/limits"))


@endpoint("PATCH", "/limits", right="owner", tag=TAG)
def change_limits(body: LimitsChange) -> LimitsSet:
    """Change the limits that you name; null restores a default. They apply from the next stage of each run."""
    answer = dbproxy.patch("/v1/limits", {**_given(body), "actor": current().login})
    audit("limits.change", "installation", _told(body))
    return LimitsSet.model_validate(answer)


@endpoint("GET", "/repos/<id:repo>/limits", right="read", tag=TAG)
def get_repo_limits(repo: int) -> LimitsSet:
    """Get the limits of one repository, and which of them are its own."""
    return LimitsSet.model_validate(dbproxy.get(f"/v1/repos/{repo}/limits"))


@endpoint("GET", "/repos/<id:repo>/disk", right="read", tag=TAG)
def get_repo_disk(repo: int) -> DiskUse:
    """Get the bytes that a repository uses, and its limit. At most a minute old."""
    used = orchestrator.get(f"/v1/repos/{repo}/disk")
    return DiskUse(**used, total=sum(used.values()), limit=get_repo_limits(repo).limits.disk)


@endpoint("PATCH", "/repos/<id:repo>/limits", right="owner", tag=TAG)
def change_repo_limits(repo: int, body: LimitsChange) -> LimitsSet:
    """Override the limits that you name for one repository; null restores the installation's."""
    found = targets.repo(repo)
    answer = dbproxy.patch(f"/v1/repos/{repo}/limits", {**_given(body), "actor": current().login})
    audit("limits.change", f"{found['owner']}/{found['name']}", _told(body))
    return LimitsSet.model_validate(answer)


def _given(body: LimitsChange) -> dict:
    return body.model_dump(exclude_unset=True)


def _told(body: LimitsChange) -> str:
    return ", ".join(f"{name}={'default' if value is None else written(name, value)}" for name, value in _given(body).items())
