"""Repositories, and what is set for each: members, secrets, limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..base import Page
from ..repos import (
    DiskLimits,
    KnownRepo,
    LimitsAnswer,
    Member,
    Membership,
    PushedImage,
    PushedImages,
    RefUpdate,
    Repo,
    RepoStats,
    RepoUsage,
    Secret,
    SecretWithValue,
)
from .resource import Resource, given, segment


class Repos(Resource):
    """Filters: `q forge external_id state ids shared_with visible_to`; sorted by `name created id last_run`."""

    def get(self, repo: int) -> Repo:
        return self._get(Repo, f"/v1/repos/{repo}")

    def by_name(self, forge: str, owner: str, name: str) -> Repo:
        return self._get(Repo, f"/v1/repos/by-name/{segment(forge)}/{segment(owner)}/{segment(name)}")

    def page(self, **query: Any) -> Page[Repo]:
        return self._page(Repo, "/v1/repos", query)

    def all(self, **filters: Any) -> Iterator[Repo]:
        return self._each(Repo, "/v1/repos", filters)

    def visible(self, account: int, forge: str, theirs: list[int], **query: Any) -> Page[Repo]:
        """What the account may see; of `forge` these are `theirs`."""
        body = {"account": account, "forge": forge, "theirs": theirs}
        return Page[Repo].model_validate(self._call("POST", "/v1/repos/visible", body, query))

    def known(self, forge: str) -> list[KnownRepo]:
        return self._list(KnownRepo, "/v1/repos/known", {"forge": forge})

    def put(self, forge: str, owner: str, name: str, *, found: bool = False, **about: Any) -> Repo:
        """`about`: `default_branch private description url external_id`. `found`: seen in a folder, not asked for by
        anybody; raises Conflict `removed` where somebody removed it."""
        path = f"/v1/repos/{segment(forge)}/{segment(owner)}/{segment(name)}"
        return self._write(Repo, "PUT", path, given(**about), {"found": True} if found else None)

    def change(self, repo: int, *, settings: dict | None = None, state: dict | None = None,
               last_heads: dict[str, str | None] | None = None) -> Repo:
        """Each is merged key by key; a None within takes the key out."""
        return self._write(Repo, "PATCH", f"/v1/repos/{repo}", given(settings=settings, state=state, last_heads=last_heads))

    def remove(self, repo: int, actor: str) -> None:
        self._call("DELETE", f"/v1/repos/{repo}", {"actor": actor})

    def images(self, repo: int, *, unused: bool = False) -> list[PushedImage]:
        """Those that no other repo was built into; `unused`: without those that are needed, and the newest."""
        return self._get(PushedImages, f"/v1/repos/{repo}/images", {"unused": True} if unused else None).images

    def usage(self, repo: int, actor: str) -> RepoUsage:
        return self._get(RepoUsage, f"/v1/repos/{repo}/usage", {"actor": actor})

    def stats(self, repo: int, days: int) -> RepoStats:
        return self._get(RepoStats, f"/v1/repos/{repo}/stats", {"days": days})


class RefUpdates(Resource):
    def add(self, repo: int, **update: Any) -> RefUpdate:
        """`update`: `key ref before after actor outcome run`."""
        return self._write(RefUpdate, "POST", f"/v1/repos/{repo}/ref-updates", given(**update))

    def page(self, repo: int, **query: Any) -> Page[RefUpdate]:
        return self._page(RefUpdate, f"/v1/repos/{repo}/ref-updates", query)


class Members(Resource):
    def of_repo(self, repo: int) -> list[Member]:
        return self._list(Member, f"/v1/repos/{repo}/members")

    def of_account(self, account: int) -> list[Membership]:
        return self._list(Membership, f"/v1/accounts/{account}/repos")

    def get(self, repo: int, account: int) -> Member:
        return self._get(Member, f"/v1/repos/{repo}/members/{account}")

    def put(self, repo: int, account: int, right: str) -> Member:
        return self._write(Member, "PUT", f"/v1/repos/{repo}/members/{account}", {"right": right})

    def remove(self, repo: int, account: int) -> None:
        self._call("DELETE", f"/v1/repos/{repo}/members/{account}")


class Secrets(Resource):
    def page(self, repo: int, **query: Any) -> Page[Secret]:
        """All of them where no page is asked for."""
        return self._page(Secret, f"/v1/repos/{repo}/secrets", query)

    def sealed(self, repo: int, service: str) -> list[SecretWithValue]:
        """Those that have a value for `service`."""
        return self._list(SecretWithValue, f"/v1/repos/{repo}/secrets", {"sealed": service})

    def put(self, repo: int, name: str, use: list[str], sealed: dict[str, str], actor: str) -> None:
        self._call("PUT", f"/v1/repos/{repo}/secrets/{segment(name)}", {"use": use, "sealed": sealed, "actor": actor})

    def remove(self, repo: int, name: str, actor: str) -> None:
        self._call("DELETE", f"/v1/repos/{repo}/secrets/{segment(name)}", query={"actor": actor})


class Limits(Resource):
    """A change sets the limits that it names; None takes one back."""

    def get(self) -> LimitsAnswer:
        return self._get(LimitsAnswer, "/v1/limits")

    def change(self, actor: str, **limits: Any) -> LimitsAnswer:
        return self._write(LimitsAnswer, "PATCH", "/v1/limits", {**limits, "actor": actor})

    def of_repo(self, repo: int) -> LimitsAnswer:
        return self._get(LimitsAnswer, f"/v1/repos/{repo}/limits")

    def change_of_repo(self, repo: int, actor: str, **limits: Any) -> LimitsAnswer:
        return self._write(LimitsAnswer, "PATCH", f"/v1/repos/{repo}/limits", {**limits, "actor": actor})

    def disk(self) -> DiskLimits:
        return self._get(DiskLimits, "/v1/limits/disk")
