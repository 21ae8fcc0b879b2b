"""Which of many repositories somebody may see: in few questions, where `rights.right_on` needs two for each."""

from __future__ import annotations

from collections.abc import Iterable

from common.api.repos import Repo

from ..clients import db
from . import at_forge
from .actor import Actor

AT_ONCE = 100      # repositories in one question: the most that dbproxy answers with


def visible(actor: Actor, repos: Iterable[int]) -> set[int]:
    """Those of `repos` (ids) that are there and that `actor` may see, as `right_on` says it of each. Raises Revoked.

    Of many that are a forge's with rights of its own, the person's list of all that is theirs decides. It may be older than a minute; each
    question has it made anew for the next one.
    """
    wanted, found, theirs = sorted(set(repos)), set(), []
    for first in range(0, len(wanted), AT_ONCE):
        query = {"ids": wanted[first:first + AT_ONCE], "per_page": AT_ONCE}
        if actor.known_at_forge and not actor.owner:
            forge = at_forge.hub_of(actor)
            theirs += db.repos.page(**query, forge=forge).items
            rows = db.repos.visible(actor.id, forge, [], **query).items
        else:
            rows = db.repos.page(**query, visible_to=None if actor.owner else actor.id).items
        found |= {repo.id for repo in rows}
    return found | _at_forge(actor, theirs)


def _at_forge(actor: Actor, repos: list[Repo]) -> set[int]:
    listed = at_forge.seen(actor).rights if len(repos) > at_forge.AT_ONCE else {}
    return {repo.id for repo in repos if repo.id in listed or at_forge.right(actor, repo) is not None}
