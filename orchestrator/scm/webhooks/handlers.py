"""What is done for a delivery, once it is decided."""

from __future__ import annotations

from dataclasses import dataclass

from common.api.client import Dbproxy
from common.api.forges import ClaimedDelivery
from common.api.repos import Repo
from common.wire.errors import NotFound, Unauthorized
from forges import Commit, Forge, ForgeEvent, Ignored, Move

from ..pulls import Pulls
from ..ref_sync import NotYet, RefSync
from ..repositories import Repositories

LOOKED_AT = 100          # repositories of one installation; the poller visits the others
LAGS = 3                 # tries in which the forge may still show what was before


@dataclass(frozen=True)
class Became:
    outcome: str
    run: int | None = None
    covers: str | None = None        # the outcome of deliveries that wait with the same question


class Handlers:
    """Safe for several threads: dbproxy gives one repo's deliveries to one of them at a time."""

    def __init__(self, db: Dbproxy, forges: dict[str, Forge], ref_sync: RefSync, pulls: Pulls,
                 repositories: Repositories):
        self._db, self._forges = db, forges
        self._ref_sync, self._pulls, self._repositories = ref_sync, pulls, repositories

    def carry_out(self, event: ForgeEvent | Ignored, delivery: ClaimedDelivery, repo: Repo | None) -> Became:
        """Raises what the forge and dbproxy raise, and NotYet."""
        if isinstance(event, Ignored):
            return Became(event.why)
        if event.kind == "access":
            return self._access(event, delivery.forge)
        if event.kind == "repo":
            return self._repository(event, repo)
        if event.kind == "pull":
            told = event.commit if delivery.attempts <= LAGS else None
            return Became(*self._pulls.look(repo, event.number, event.actor, told))
        return self._head(event, delivery, repo)

    def _repository(self, event: ForgeEvent, repo: Repo) -> Became:
        try:
            return Became(f"{event.why}: {self._repositories.look(repo)}")
        except NotFound as gone:
            return Became(f"{event.why}: {gone.detail}")

    def _access(self, event: ForgeEvent, forge: str) -> Became:
        """What acts for these repositories may be another by now; where nothing does, their pages say so."""
        self._forges[forge].access_changed()
        told = []
        for repo in self._repositories.of_owner(forge, event.owner)[:LOOKED_AT]:
            try:
                told.append(f"{repo.owner}/{repo.name}: {self._repositories.look(repo)}")
            except (NotFound, Unauthorized) as out:
                told.append(out.detail)
        return Became("; ".join([event.why, *told]))

    def _head(self, event: ForgeEvent, delivery: ClaimedDelivery, repo: Repo) -> Became:
        """Pushes of the same ref that came before this look are answered by it."""
        commit = self._commit(repo, event.ref)
        _check_shown(event.move, commit, delivery.attempts)
        followed = self._ref_sync.one(repo, event.ref, commit, event.actor)
        short = event.ref.split("/", 2)[2]
        return Became(followed.why, followed.run, f"{short} was looked at once for all pushes that waited: {followed.why}")

    def _commit(self, repo: Repo, ref: str) -> Commit | None:
        try:
            return self._forges[repo.forge].head(repo.owner, repo.name, ref)
        except (NotFound, Unauthorized) as out:
            self._repositories.look(repo)      # where the whole repository is gone or out of reach, that is told
            if isinstance(out, Unauthorized):
                raise
            return None


def _check_shown(move: Move, commit: Commit | None, attempt: int) -> None:
    """A push that the forge's API does not show yet: it still tells the commit before, or no branch at all."""
    if attempt > LAGS or move.after is None or move.deleted:
        return
    if commit is None and move.created or commit and commit.sha == move.before and commit.sha != move.after:
        raise NotYet("the push is not visible at the forge yet")
