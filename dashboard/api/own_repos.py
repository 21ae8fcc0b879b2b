"""What you can push to at a forge, and how one of them is connected."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from common.wire.errors import Forbidden, NotFound

from ..auth import at_forge
from ..auth.actor import current
from ..auth.rights import UNKNOWN
from ..clients import db
from ..forge import hub
from . import shapes
from .answers import Repo
from .audit import audit
from .endpoint import endpoint
from .forge_answers import OwnRepos
from .inputs import ForgeSearch

TAG = "Forge"


@endpoint("GET", "/forges/<hub:forge>/repos", right="account", tag=TAG)
def list_own_repos(forge: str, query: ForgeSearch) -> OwnRepos:
    """Repositories that you can push to, organisations' included; connected ones first. `q` finds parts of owner/name."""
    _check_signed_in(forge)
    answer = at_forge.ask(current(), f"/v1/forges/{forge}/repos", **query.model_dump())
    known = {(repo.owner.lower(), repo.name.lower()): repo.id for repo in at_forge.connected(forge)}
    items = [{**item, "repo": known.get((item["owner"].lower(), item["name"].lower()))} for item in answer["items"]]
    return OwnRepos.model_validate({"page": query.page, "per_page": query.per_page, **answer, "rate": _rate(answer.get("rate")),
                                       "refreshed": _iso(answer.get("refreshed")),
                                       "items": sorted(items, key=lambda item: item["repo"] is None)})


@endpoint("POST", "/forges/<hub:forge>/repos/<name:owner>/<name:name>", right="account", scope="admin", status=201, tag=TAG,
          also={200: "it was connected before"})
def connect(forge: str, owner: str, name: str) -> Repo:
    """Connect a repository that you can push to: from now on every push runs. What it holds now starts no run."""
    _check_signed_in(forge)
    repo = at_forge.Unconnected(forge, owner, name)
    right = at_forge.right(current(), repo)
    if right is None:
        raise NotFound(UNKNOWN)
    if right == "read":
        raise Forbidden(f"connecting needs the right to push to {owner}/{name}; {hub(forge).title} says that you have read")
    kept = at_forge.call(current(), "POST", at_forge.address(repo), json={"account": current().id}, timeout=30)
    audit("repo.connect", f"{owner}/{name}", forge)
    return shapes.repo(db.repos.get(kept["id"]), right)


def _rate(rate: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """`{limit, remaining, resets, paused_until}`; times of a forge are seconds since 1970."""
    return rate and {**rate, "resets": _iso(rate.get("resets")), "paused_until": _iso(rate.get("paused_until"))}


def _iso(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="seconds")


def _check_signed_in(forge: str) -> None:
    if not current().known_at_forge:
        raise Forbidden(f"sign in with {hub(forge).title}, or link it to your account, to see your repositories there")
