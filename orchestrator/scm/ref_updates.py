"""What became of each change of a branch, a tag or a pull request's head, written down for the repository's page.

Told twice (by a webhook and a periodic look, by two orchestrators) a change has one row: its key says which it is.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from common.api.client import Dbproxy
from common.api.repos import Repo

LONGEST = 4000          # characters of an outcome


@dataclass(frozen=True)
class RefUpdate:
    """`ref`: its full name. `before` None: it is new; `after` None: it was deleted. `run` None: `outcome` says why."""

    ref: str
    before: str | None
    after: str | None
    outcome: str
    run: int | None = None
    actor: str | None = None
    count: int = 0              # of the moves of this ref: one that is set back and forth is another change each time


class RefUpdates:
    def __init__(self, db: Dbproxy):
        self._db = db

    def record(self, repo: Repo, update: RefUpdate) -> None:
        self._db.ref_updates.add(
            repo.id, key=_key(update), ref=update.ref, before=update.before, after=update.after,
            actor=update.actor and update.actor[:200], outcome=update.outcome[:LONGEST], run=update.run)


def _key(update: RefUpdate) -> str:
    what = "\0".join((update.ref, update.before or "", update.after or "", str(update.count)))
    return hashlib.sha256(what.encode()).hexdigest()
