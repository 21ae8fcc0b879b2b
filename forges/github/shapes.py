"""What of GitHub's JSON we keep. An answer that lacks it is not its API's: NotTheApi."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any

from ..base import Commit, ForgeRepo, Pull, Ref, Right
from .problems import NotTheApi

_RIGHTS: tuple[tuple[str, Right], ...] = (("admin", "admin"), ("maintain", "write"), ("push", "write"),
                                          ("triage", "read"), ("pull", "read"))


@dataclass(frozen=True)
class Listed:
    """A repository of a list. `version` changes with every push to it."""

    repo: ForgeRepo
    right: Right | None
    version: str


def _shape(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    @wraps(read)
    def shaped(data: Any) -> Any:
        try:
            return read(data)
        except (KeyError, TypeError, AttributeError, ValueError) as problem:
            raise NotTheApi(f"an answer of GitHub lacks what its API promises ({read.__name__}: "
                            f"{type(problem).__name__} {problem}): see whether GITHUB_API_URL is right") from problem
    return shaped


@_shape
def repo(data: dict) -> ForgeRepo:
    return ForgeRepo(data["owner"]["login"], data["name"], data["default_branch"], bool(data["private"]),
                     data.get("description") or "", data["html_url"], str(data["id"]),
                     archived=bool(data.get("archived")))


@_shape
def right(data: dict) -> Right | None:
    """Of the one who asked."""
    has = data.get("permissions") or {}
    return next((right for name, right in _RIGHTS if has.get(name)), None)


@_shape
def listed(data: list) -> list[Listed]:
    return [Listed(repo(item), right(item), f"{item['id']} {item.get('pushed_at')}") for item in data]


@_shape
def refs(data: list) -> list[Ref]:
    """Of branches, of tags: both name the commit, never the tag object."""
    return [Ref(item["name"], item["commit"]["sha"]) for item in data]


@_shape
def commit(data: dict) -> Commit:
    author, committer = data["commit"]["author"] or {}, data["commit"]["committer"] or {}
    return Commit(data["sha"], data["commit"]["message"].strip(), author.get("name") or "",
                  _seconds(committer.get("date") or author.get("date")))


@_shape
def pull(data: dict) -> Pull:
    head, base, author = data["head"], data["base"], data["user"] or {"login": "ghost", "id": 10137}
    return Pull(data["number"], data["title"], data["state"], author["login"], str(author["id"]), head["sha"],
                head["ref"], str(head["repo"]["id"]) if head["repo"] else None, base["ref"], str(base["repo"]["id"]))


@_shape
def pulls(data: list) -> list[Pull]:
    return [pull(item) for item in data]


@_shape
def names(data: Any) -> frozenset[str]:
    """Of the files in a folder."""
    return frozenset(item["name"] for item in data if item["type"] == "file") if isinstance(data, list) else frozenset()


def _seconds(text: str | None) -> int:
    return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()) if text else 0
