"""What a webhook of a forge tells, in the same words for each forge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Delivery:
    """A webhook delivery whose signature is right. `payload` holds the part that `event_of` needs, at most 64 KiB."""

    id: str
    event: str
    action: str | None
    repo_path: str | None                 # owner/name
    payload: dict[str, Any]


@dataclass(frozen=True)
class About:
    """The repository that a delivery is about, with the forge's own id."""

    external_id: str
    owner: str
    name: str


@dataclass(frozen=True)
class Move:
    """What a push said of its ref. `after` None: the forge did not say."""

    before: str | None = None
    after: str | None = None
    created: bool = False
    deleted: bool = False


@dataclass(frozen=True)
class ForgeEvent:
    """Something happened at the forge. It is a hint and never the truth: the forge is asked before anything happens.

    `kind` says where to look: `head`: the branch or tag `ref`; `pull`: the pull request `number`; `repo`: the repository
    itself; `access`: the repositories of `owner`, on which other credentials may act now. `about` is None for `access`
    only. `why` is a sentence for people.
    """

    kind: Literal["head", "pull", "repo", "access"]
    why: str
    about: About | None = None
    actor: str | None = None
    ref: str = ""                         # refs/heads/…, refs/tags/…
    move: Move = Move()                   # of `ref`
    number: int = 0
    commit: str | None = None             # the head of the pull request, to notice an answer that is older
    owner: str = ""


@dataclass(frozen=True)
class Ignored:
    """A delivery that starts nothing; `why` is the outcome that people read."""

    why: str
    about: About | None = None
    kind: Literal["nothing"] = "nothing"
