"""A report as dbproxy hands it out."""

from __future__ import annotations

from dataclasses import dataclass

from common.api.forges import ClaimedReport


@dataclass(frozen=True)
class Report:
    """What is reported is `state` and `reason`, of the run or of its `stage`; "": of the whole run.

    `known`: the receiver's id of what is shown there already; `tried`: an attempt for it may have arrived; `again`: one
    of this very report may; `age`: seconds since it was written; `url`: the page of the run.
    """

    id: int
    channel: str
    repo: int
    forge: str
    run: int
    event: str
    ref: str
    commit: str
    stage: str
    state: str
    reason: str
    attempts: int
    known: str | None
    tried: bool
    age: float
    url: str

    @classmethod
    def of(cls, row: ClaimedReport, public_url: str) -> Report:
        same = {name: getattr(row, name) for name in ("id", "channel", "repo", "forge", "run", "event", "ref", "commit",
                                                      "attempts", "known", "tried")}
        return cls(**same, **row.about.model_dump(), age=(row.now - row.created).total_seconds(),
                   url=f"{public_url}/runs/{row.run}")

    @property
    def again(self) -> bool:
        return self.attempts > 1
