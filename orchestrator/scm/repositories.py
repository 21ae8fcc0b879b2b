"""The rows of repositories, kept true to their forge: names, default branch, privacy, and whether they are there at all.

A row is found by the forge's own number of the repository, so a name that changed hands never leads to another's row.
"""

from __future__ import annotations

import logging

from common.api.client import Dbproxy
from common.api.repos import Repo
from common.wire.errors import NotFound, Unauthorized
from forges import Forge, ForgeRepo
from forges.names import check_repo

log = logging.getLogger(__name__)

OUT_OF_REACH = {"sign_in_again", "app_suspended", "app_not_installed", "forge_app_refused"}


class Repositories:
    def __init__(self, db: Dbproxy, forges: dict[str, Forge]):
        self._db, self._forges = db, forges

    def of_payload(self, forge: str, external_id: str) -> Repo | None:
        return next(iter(self._db.repos.page(forge=forge, external_id=external_id, per_page=1).items), None)

    def of_owner(self, forge: str, owner: str) -> list[Repo]:
        """Those that are connected."""
        return [row for row in self._db.repos.all(forge=forge, q=f"{owner}/", sort="id")
                if row.owner.casefold() == owner.casefold()]

    def look(self, repo: Repo) -> str:
        """Bring the row up to date; a sentence on what is new. Raises NotFound, with what to do, where it is gone."""
        try:
            found = self._forges[repo.forge].repo(repo.owner, repo.name)
        except NotFound as gone:
            raise NotFound(self._gone(repo, "it was deleted, moved, or we may not see it any more")) from gone
        except Unauthorized as nobody:
            self._out_of_reach(repo, nobody)
            raise
        if repo.external_id and found.external_id != repo.external_id:
            raise NotFound(self._gone(repo, "another repository has its name"))
        return self._update(repo, found)

    def store(self, forge: str, found: ForgeRepo) -> Repo:
        """The row of a repository, made or brought up to date."""
        check_repo(found.owner, found.name)
        return self._db.repos.put(
            forge, found.owner, found.name, default_branch=found.default_branch, private=found.private,
            description=found.description or "", url=found.url, external_id=found.external_id)

    def _update(self, repo: Repo, found: ForgeRepo) -> str:
        row = self.store(repo.forge, found)
        archived = getattr(found, "archived", False)
        back, reached = repo.state.gone is not None, repo.state.unreached is not None
        if back or reached or repo.state.archived != archived:
            self._db.repos.change(repo.id, state={"gone": None, "unreached": None, "archived": archived or None})
        return "; ".join(_news(repo, row, archived, back, reached)) or "nothing of it changed"

    def _out_of_reach(self, repo: Repo, why: Unauthorized) -> None:
        """Nobody acts for us there until a person does something about it; its page says what."""
        if why.error in OUT_OF_REACH and repo.state.unreached != why.detail:
            self._db.repos.change(repo.id, state={"unreached": why.detail})

    def _gone(self, repo: Repo, why: str) -> str:
        sentence = (f"{repo.owner}/{repo.name} is not there any more ({why}): what is live stays live; connect it "
                    "again, or remove it on its page")
        if not repo.state.gone:
            self._db.repos.change(repo.id, state={"gone": why})
        log.info(sentence)
        return sentence


def _news(repo: Repo, row: Repo, archived: bool, back: bool, reached: bool) -> list[str]:
    news = []
    if (row.owner, row.name) != (repo.owner, repo.name):
        news.append(f"it is {row.owner}/{row.name} now; the app keeps its address")
    if row.default_branch != repo.default_branch:
        news.append(f"its default branch is {row.default_branch} now")
    if row.private != repo.private:
        news.append("it is private now" if row.private else "it is public now")
    if archived:
        news.append("it is archived: no push can start a run")
    if back:
        news.append("it is there again")
    if reached:
        news.append("we reach it again")
    return news
