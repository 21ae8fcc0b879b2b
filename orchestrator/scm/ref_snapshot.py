"""Where the branches and tags of a repository stood when we last looked, as `last_heads` of the repo's row keeps it:
`{"refs/heads/main": "<commit> <moves>"}`, and LOOKED once we have looked at all. What we write is merged into it.

The number of moves makes each move's key its own: two orchestrators that see the same move make the same key, and a
branch that is set back to an older commit makes a new one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from forges import Refs

LOOKED = "looked"
Heads = dict[str, str]


@dataclass(frozen=True)
class Move:
    """One branch or tag that is new or moved. `before`: the commit it left; None: it is new. `after` empty: it is gone."""

    ref: str             # "refs/heads/main"
    before: str | None
    after: str
    count: int

    @property
    def name(self) -> str:
        return self.ref.split("/", 2)[2]

    @property
    def is_tag(self) -> bool:
        return self.ref.startswith("refs/tags/")

    @property
    def key(self) -> str:
        return f"push:{hashlib.sha256(self.ref.encode()).hexdigest()}:{self.after}:{self.count}"


def of(refs: Refs) -> dict[str, str]:
    """Full name of each ref -> its commit."""
    return {**{f"refs/heads/{ref.name}": ref.commit for ref in refs.branches},
            **{f"refs/tags/{ref.name}": ref.commit for ref in refs.tags}}


def first_look(now: dict[str, str]) -> Heads:
    """What to remember of a repository whose heads start no run, since they were there before us."""
    return {LOOKED: "1", **{ref: f"{commit} 0" for ref, commit in now.items()}}


def moves(last: Heads, now: dict[str, str]) -> list[Move]:
    """What is new or moved since `last`, branches before tags."""
    found = []
    for ref, commit in sorted(now.items()):
        before, _, count = last.get(ref, "").partition(" ")
        if before != commit:
            found.append(Move(ref, before or None, commit, int(count or 0) + 1))
    return found


def changes(last: Heads, now: dict[str, str], moved: list[Move]) -> dict[str, str | None]:
    """What to write over `last`; refs that are gone are forgotten (None)."""
    return {**{ref: None for ref in last if ref not in now and ref != LOOKED},
            **{move.ref: f"{move.after} {move.count}" for move in moved}}
