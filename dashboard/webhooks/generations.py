"""Which generation of its webhook a repository had when it was last looked at: a guess, so that a delivery costs one
question to dbproxy and not two. dbproxy checks the guess with the row that it writes, so none outlives its webhook.
"""

from __future__ import annotations

from collections import OrderedDict

from flask import current_app

from common.wire.errors import NotFound

from ..auth.rights import UNKNOWN
from ..clients import db

MOST = 1000          # repositories; of others the row is asked for each time
PATIENCE = 0.2       # seconds that a store which is away is waited for


def guess(forge: str, repo: int) -> int | None:
    return _kept().get((forge, repo))


def look(forge: str, repo: int) -> int | None:
    """As its row has it now; None without a webhook. Raises NotFound, also for a repository of another forge."""
    try:
        found = db.within(patience=PATIENCE).repos.get(repo)
    except NotFound:
        raise NotFound(UNKNOWN) from None
    if found.forge != forge:
        raise NotFound(UNKNOWN)
    return _note((forge, repo), found.state.webhook.generation if found.state.webhook else None)


def _note(repo: tuple[str, int], generation: int | None) -> int | None:
    kept = _kept()
    kept.pop(repo, None)
    if generation is not None:
        kept[repo] = generation
    while len(kept) > MOST:
        kept.popitem(last=False)
    return generation


def _kept() -> OrderedDict[tuple[str, int], int]:
    return current_app.extensions.setdefault("webhook_generations", OrderedDict())
