"""A repository's settings, and the check of its .continuum.yml."""

from __future__ import annotations

from typing import Any

from flask import g

from common.api.repos import Repo
from common.wire import repofile
from common.wire.errors import Failure, NotFound

from ..auth import at_forge
from ..clients import db, orchestrator
from .answers import ConfigCheck, RepoSettings
from .audit import audit, repo_name
from .endpoint import endpoint
from .inputs import RefQuery, SettingsPatch
from .limits import get_repo_limits

TAG = "Settings"
FILE = ".continuum.yml"


@endpoint("GET", "/repos/<id:repo>/settings", right="admin", tag=TAG)
def get_settings() -> RepoSettings:
    """What is set for the repository here, apart from what its .continuum.yml says."""
    return RepoSettings(repo=g.repo.id, settings=_set(g.repo))


@endpoint("PATCH", "/repos/<id:repo>/settings", right="admin", tag=TAG)
def patch_settings(repo: int, body: SettingsPatch) -> RepoSettings:
    """Change what you name; the rest stays."""
    changed = body.model_dump(exclude_none=True)
    if "feedback" in changed:      # dbproxy merges key by key, and this is one key there
        before = g.repo.settings.feedback.model_dump(exclude_unset=True)
        kept = db.repos.change(repo, settings={**changed, "feedback": {**before, **changed["feedback"]}})
    else:
        kept = db.repos.change(repo, settings=changed)
    audit("settings.change", repo_name(), ", ".join(f"{key}={value}" for key, value in changed.items()))
    return RepoSettings(repo=repo, settings=_set(kept))


def _set(repo: Repo) -> dict[str, Any]:
    """Return what somebody set; what nobody set is not answered, since its default may change."""
    return repo.settings.model_dump(mode="json", exclude_unset=True)


@endpoint("GET", "/repos/<id:repo>/config", right="read", tag=TAG)
def check_config(query: RefQuery) -> ConfigCheck:
    """The .continuum.yml of a branch or tag, read as a run would read it: what is wrong, on which line."""
    ref = query.ref or g.repo.default_branch
    text, limits = _file(ref), get_repo_limits(g.repo.id).limits
    if text is None:
        return ConfigCheck(ref=ref, found=False, valid=True, config=repofile.without_file(limits).model_dump(mode="json"))
    try:
        config = repofile.parse(text, limits)
    except Failure as problem:
        return ConfigCheck(ref=ref, found=True, valid=False, text=text, errors=problem.params["problems"])
    return ConfigCheck(ref=ref, found=True, valid=True, text=text, config=config.model_dump(mode="json"))


def _file(ref: str) -> str | None:
    path = f"{at_forge.address(g.repo)}/file"
    try:
        response = orchestrator.send("GET", path, params={"ref": ref, "path": FILE})
    except NotFound:
        return None
    if response.headers.get("Content-Type", "").startswith("application/json"):
        return response.json()["text"]
    return response.text
