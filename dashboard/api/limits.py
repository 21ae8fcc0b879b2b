"""What owners allow repositories to request: for the installation, and for one repository."""

from __future__ import annotations

from typing import Any

from common.wire.contracts import LimitsChange
from common.wire.limits import written

from ..auth.actor import current
from ..clients import db, orchestrator
from . import shapes
from .answers import DiskUse, LimitsSet
from .audit import audit
from .endpoint import endpoint

TAG = "Limits"


@endpoint("GET", "/limits", right="account", tag=TAG)
def get_limits() -> LimitsSet:
    """Get the installation's limits: sizes in bytes, times in seconds."""
    return shapes.answer(LimitsSet, db.limits.get())


@endpoint("PATCH", "/limits", right="owner", tag=TAG)
def change_limits(body: LimitsChange) -> LimitsSet:
    """Change the limits that you name; null restores a default. They apply from the next stage of each run."""
    answer = db.limits.change(current().login, **_given(body))
    audit("limits.change", "installation", _told(body))
    return shapes.answer(LimitsSet, answer)


@endpoint("GET", "/repos/<id:repo>/limits", right="read", tag=TAG)
def get_repo_limits(repo: int) -> LimitsSet:
    """Get the limits of one repository, and which of them are its own."""
    return shapes.answer(LimitsSet, db.limits.of_repo(repo))


@endpoint("GET", "/repos/<id:repo>/disk", right="read", tag=TAG)
def get_repo_disk(repo: int) -> DiskUse:
    """Get the bytes that a repository uses, and its limit. At most a minute old."""
    used = orchestrator.get(f"/v1/repos/{repo}/disk")
    return DiskUse(**used, total=sum(used.values()), limit=get_repo_limits(repo).limits.disk)


@endpoint("PATCH", "/repos/<id:repo>/limits", right="owner", tag=TAG)
def change_repo_limits(repo: int, body: LimitsChange) -> LimitsSet:
    """Override the limits that you name for one repository; null restores the installation's."""
    found = db.repos.get(repo)
    answer = db.limits.change_of_repo(repo, current().login, **_given(body))
    audit("limits.change", found.path, _told(body))
    return shapes.answer(LimitsSet, answer)


def _given(body: LimitsChange) -> dict[str, Any]:
    return body.model_dump(exclude_unset=True)


def _told(body: LimitsChange) -> str:
    return ", ".join(f"{name}={'default' if value is None else written(name, value)}" for name, value in _given(body).items())
