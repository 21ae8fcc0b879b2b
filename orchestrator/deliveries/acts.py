"""What is done for a delivery, once it is decided."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from common.client import ServiceClient
from common.errors import NotFound, Unauthorized
from forges import Commit, Forge

from ..follow import Follower, NotYet
from ..pulls import Pulls
from ..repositories import Repositories
from .decide import Decision

LOOKED_AT = 100          # repositories of one installation; the rounds come to the others
LAGS = 3                 # tries in which the forge may still show what was before


@dataclass(frozen=True)
class Became:
    outcome: str
    run: int | None = None
    covers: str | None = None        # the outcome of deliveries that wait with the same question


class Acts:
    """Safe for several threads: dbproxy gives one repo's deliveries to one of them at a time."""

    def __init__(self, db: ServiceClient, forges: dict[str, Forge], follower: Follower, pulls: Pulls,
                 repositories: Repositories, forget_installations: Callable[[], None] = lambda: None):
        self._db, self._forges, self._forget_installations = db, forges, forget_installations
        self._follower, self._pulls, self._repositories = follower, pulls, repositories

    def carry_out(self, decision: Decision, delivery: dict, repo: dict | None) -> Became:
        """Raises what the forge and dbproxy raise, and NotYet."""
        if decision.act == "head":
            return self._head(decision, delivery, repo)
        if decision.act == "pull":
            told = decision.commit if delivery["attempts"] <= LAGS else None
            return Became(*self._pulls.look(repo, decision.number, decision.actor, told))
        if decision.act == "repo":
            return self._repository(decision, repo)
        if decision.act == "app":
            return self._installation(decision, delivery["forge"])
        return Became(decision.why)

    def _repository(self, decision: Decision, repo: dict) -> Became:
        try:
            return Became(f"{decision.why}: {self._repositories.look(repo)}")
        except NotFound as gone:
            return Became(f"{decision.why}: {gone.detail}")

    def _installation(self, decision: Decision, forge: str) -> Became:
        """What acts for these repositories may be another by now; where nothing does, their pages say so."""
        self._forget_installations()
        told = []
        for repo in self._repositories.of_owner(forge, decision.owner)[:LOOKED_AT]:
            try:
                told.append(f"{repo['owner']}/{repo['name']}: {self._repositories.look(repo)}")
            except (NotFound, Unauthorized) as out:
                told.append(out.detail)
        return Became("; ".join([decision.why, *told]))

    def _head(self, decision: Decision, delivery: dict, repo: dict) -> Became:
        """Pushes of the same ref that came before this look are answered by it."""
        commit = self._commit(repo, decision.ref)
        _check_shown(delivery["payload"], commit, delivery["attempts"])
        followed = self._follower.one(repo, decision.ref, commit, decision.actor)
        short = decision.ref.split("/", 2)[2]
        return Became(followed.why, followed.run, f"{short} was looked at once for all pushes that waited: {followed.why}")

    def _commit(self, repo: dict, ref: str) -> Commit | None:
        try:
            return self._forges[repo["forge"]].head(repo["owner"], repo["name"], ref)
        except (NotFound, Unauthorized) as out:
            self._repositories.look(repo)      # where the whole repository is gone or out of reach, that is told
            if isinstance(out, Unauthorized):
                raise
            return None


def _check_shown(payload: dict, commit: Commit | None, attempt: int) -> None:
    """A push that the forge's API does not show yet: it still tells the commit before, or no branch at all."""
    told, before = payload.get("after"), payload.get("before")
    if attempt > LAGS or not isinstance(told, str) or payload.get("deleted"):
        return
    if commit is None and payload.get("created") or commit and commit.sha == before and commit.sha != told:
        raise NotYet("the push is not visible at the forge yet")
