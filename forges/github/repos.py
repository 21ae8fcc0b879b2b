"""The repositories that a person can push to, from a copy that is kept fresh in the background.

GitHub gives a hundred a request; whoever has 5,000 would wait for fifty. So a page and a search are answered from the
copy; the first answer of all waits for the first hundred, which are the first in order too. A refresh asks with the
ETags of the last one, and costs nothing of the hourly limit where nothing changed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from cachetools import LRUCache
from pydantic import SecretStr

from common.wire.errors import BadRequest, Problem, Unauthorized

from ..base import ForgeRepo, Page, Rights
from ..names import check_repo
from . import shapes
from .background import Background, in_thread
from .client import Client
from .dockerfiles import Dockerfiles
from .problems import Slow

FRESH = 60               # seconds that a copy is given out without a look
FIRST_ANSWER = 9         # seconds that the first hundred are waited for; whoever asks us waits for 10
ACCOUNTS = 500           # whose lists are kept
QUERY = {"affiliation": "owner,collaborator,organization_member", "sort": "full_name"}


@dataclass
class Listing:
    """One account's copy. `items` None: nothing came yet; guarded by `changed`."""

    items: list[shapes.Listed] | None = None
    refreshed: float | None = None
    refreshing: bool = False
    tried: float = float("-inf")
    problem: Problem | None = None
    changed: threading.Condition = field(default_factory=threading.Condition)


class RepoLists:
    def __init__(self, client: Client, clock: Callable[[], float] = time.time, background: Background = in_thread):
        self._client, self._clock, self._background = client, clock, background
        self._listings: LRUCache[str, Listing] = LRUCache(ACCOUNTS)
        self._lock = threading.Lock()
        self._dockerfiles = Dockerfiles(client, background)

    def page(self, who: str, token: SecretStr, query: str, page: int, per_page: int) -> Page:
        """`who` names the account. Raises the first look's problem, later ones only where they end the sign-in."""
        listing = self._listing(who)
        self._refresh_if_due(listing, token)
        items = filter(_pushable, self._first_answer(listing))
        found = [item for item in items if query.casefold() in item.repo.path.casefold()]
        shown = found[(page - 1) * per_page:page * per_page]
        looking = self._dockerfiles.look(shown, token)
        repos = [self._with_dockerfile(item) for item in shown]
        return Page(repos, len(found), page, per_page, listing.refreshed, listing.refreshing or looking,
                    self._client.limits.of(token))

    def rights(self, who: str, token: SecretStr) -> Rights:
        """Of the whole list: its first reading is waited for, as far as whoever asks has patience."""
        listing = self._listing(who)
        self._refresh_if_due(listing, token)
        items = self._first_answer(listing)
        with listing.changed:
            listing.changed.wait_for(lambda: not listing.refreshing or listing.refreshed, FIRST_ANSWER)
            items, at = listing.items or items, listing.refreshed
        fresh = at is not None and self._clock() - at < FRESH
        return Rights({item.repo.external_id: item.right for item in items if item.right}, fresh)

    def _with_dockerfile(self, item: shapes.Listed) -> ForgeRepo:
        return replace(item.repo, dockerfile=self._dockerfiles.known(item))

    def _listing(self, who: str) -> Listing:
        with self._lock:
            if who not in self._listings:
                self._listings[who] = Listing()
            return self._listings[who]

    def _refresh_if_due(self, listing: Listing, token: SecretStr) -> None:
        with listing.changed:
            now = self._clock()
            waits = listing.items is not None and self._client.limits.low(token)
            if listing.refreshing or waits or (now - listing.tried < FRESH and not listing.problem):
                return
            listing.refreshing, listing.problem, listing.tried = True, None, now
        self._background("github-repos", lambda: self._refresh(listing, token))

    def _first_answer(self, listing: Listing) -> list[shapes.Listed]:
        with listing.changed:
            came = listing.changed.wait_for(lambda: listing.items is not None or listing.problem, FIRST_ANSWER)
            if listing.problem and listing.items is None:
                raise listing.problem
            if not came:
                raise Slow(f"{self._client.urls.host} lists the repositories slowly: look again in a minute")
            return listing.items or []

    def _refresh(self, listing: Listing, token: SecretStr) -> None:
        fresh: list[shapes.Listed] = []
        problem: Problem | None = None
        try:
            for items in self._client.pages("/user/repos", token, QUERY, shapes.listed):
                fresh += filter(_named, items)
                self._grow(listing, fresh)
        except Problem as stopped:
            problem = stopped
        finally:
            self._ended(listing, fresh, problem)

    def _grow(self, listing: Listing, fresh: list[shapes.Listed]) -> None:
        """The first look's copy is shown while it grows; a later one is replaced as a whole."""
        with listing.changed:
            if listing.refreshed is None and len(fresh) > len(listing.items or []):
                listing.items = _sorted(fresh)
                listing.changed.notify_all()

    def _ended(self, listing: Listing, fresh: list[shapes.Listed], problem: Problem | None) -> None:
        with listing.changed:
            listing.refreshing, listing.problem = False, problem
            if problem is None:
                listing.items, listing.refreshed = _sorted(fresh), self._clock()
            if isinstance(problem, Unauthorized):
                listing.items = listing.refreshed = None     # whoever may not see the list any more sees no copy
            listing.changed.notify_all()


def _sorted(items: list[shapes.Listed]) -> list[shapes.Listed]:
    """By name, each once: one that was renamed between two pages comes twice."""
    return sorted({item.repo.external_id: item for item in items}.values(), key=lambda item: item.repo.path.casefold())


def _pushable(item: shapes.Listed) -> bool:
    return item.right in ("write", "admin")


def _named(item: shapes.Listed) -> bool:
    """Has it a name that we let through (names.py)?"""
    try:
        check_repo(item.repo.owner, item.repo.name)
    except BadRequest:
        return False
    return True
