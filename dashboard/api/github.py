"""What you can push to on GitHub, and how one of them is connected."""

from __future__ import annotations

from datetime import datetime, timezone

from common.errors import Forbidden, NotFound

from ..auth import on_github
from ..auth.actor import current
from ..auth.rights import UNKNOWN
from . import shapes
from .answers import Repo
from .audit import audit
from .endpoint import endpoint
from .github_answers import GithubRepos
from .inputs import ForgeSearch

TAG = "GitHub"


@endpoint("GET", "/forges/github/repos", right="account", tag=TAG)
def list_github_repos(query: ForgeSearch) -> GithubRepos:
    """Repositories that you can push to, organisations' included; connected ones first. `q` finds parts of owner/name."""
    _check_signed_in()
    answer = on_github.ask(current(), on_github.FORGE, **query.model_dump())
    known = {(repo["owner"].lower(), repo["name"].lower()): repo["id"] for repo in on_github.connected()}
    items = [{**item, "repo": known.get((item["owner"].lower(), item["name"].lower()))} for item in answer["items"]]
    return GithubRepos.model_validate({"page": query.page, "per_page": query.per_page, **answer, "rate": _rate(answer),
                                       "refreshed": _iso(answer.get("refreshed")),
                                       "items": sorted(items, key=lambda item: item["repo"] is None)})


@endpoint("POST", "/forges/github/repos/<name:owner>/<name:name>", right="account", scope="admin", status=201, tag=TAG,
          also={200: "it was connected before"})
def connect(owner: str, name: str) -> Repo:
    """Connect a repository that you can push to: from now on every push runs. What it holds now starts no run."""
    _check_signed_in()
    address = f"{on_github.FORGE}/{on_github.path({'owner': owner, 'name': name})}"
    right = on_github.right(current(), {"owner": owner, "name": name})
    if right is None:
        raise NotFound(UNKNOWN)
    if right == "read":
        raise Forbidden(f"connecting needs the right to push to {owner}/{name}; GitHub says that you have read")
    kept = on_github.call(current(), "POST", address, json={"account": current().id}, timeout=30)
    audit("repo.connect", f"{owner}/{name}", "github")
    return Repo.model_validate(shapes.repo(kept) | {"right": right})


def _rate(answer: dict) -> dict | None:
    """`{limit, remaining, resets, paused_until}`; times of a forge are seconds since 1970."""
    rate = answer.get("rate")
    return rate and {**rate, "resets": _iso(rate.get("resets")), "paused_until": _iso(rate.get("paused_until"))}


def _iso(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="seconds")


def _check_signed_in() -> None:
    if not current().on_github:
        raise Forbidden("sign in with GitHub, or link it to your account, to see your repositories there")
