"""A repository's settings, and the check of its .continuum.yml."""

from __future__ import annotations

from flask import g

from common.wire import repofile
from common.wire.errors import Failure, NotFound

from ..services import dbproxy, orchestrator
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
    return RepoSettings(repo=g.repo["id"], settings=g.repo.get("settings") or {})


@endpoint("PATCH", "/repos/<id:repo>/settings", right="admin", tag=TAG)
def patch_settings(repo: int, body: SettingsPatch) -> RepoSettings:
    """Change what you name; the rest stays."""
    changed = body.model_dump(exclude_none=True)
    kept = dbproxy.patch(f"/v1/repos/{repo}", {"settings": _merged(changed)})
    audit("settings.change", repo_name(), ", ".join(f"{key}={value}" for key, value in changed.items()))
    return RepoSettings(repo=repo, settings=kept.get("settings") or {})


def _merged(changed: dict) -> dict:
    """dbproxy merges key by key; what we hold of `feedback` is one key there."""
    if "feedback" in changed:
        before = (g.repo.get("settings") or {}).get("feedback") or {}
        changed = {**changed, "feedback": {**before, **changed["feedback"]}}
    return changed


@endpoint("GET", "/repos/<id:repo>/config", right="read", tag=TAG)
def check_config(query: RefQuery) -> ConfigCheck:
    """The .continuum.yml of a branch or tag, read as a run would read it: what is wrong, on which line."""
    ref = query.ref or g.repo.get("default_branch") or "main"
    text, limits = _file(ref), get_repo_limits(g.repo["id"]).limits
    if text is None:
        return ConfigCheck(ref=ref, found=False, valid=True, config=repofile.without_file(limits).model_dump(mode="json"))
    try:
        config = repofile.parse(text, limits)
    except Failure as problem:
        return ConfigCheck(ref=ref, found=True, valid=False, text=text, errors=problem.params["problems"])
    return ConfigCheck(ref=ref, found=True, valid=True, text=text, config=config.model_dump(mode="json"))


def _file(ref: str) -> str | None:
    path = f"/v1/forges/{g.repo['forge']}/repos/{g.repo['owner']}/{g.repo['name']}/file"
    try:
        response = orchestrator.send("GET", path, params={"ref": ref, "path": FILE})
    except NotFound:
        return None
    if response.headers.get("Content-Type", "").startswith("application/json"):
        return response.json()["text"]
    return response.text
