"""What a run begins with. It is chosen once, when the run is made, and a retry begins with the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from common.wire.contracts import AUTHOR, SUBJECT
from forges import Commit

Outputs = dict[str, Any]      # of a stage, as JSON


class PullInputs(BaseModel):
    """The pull request of a preview. `fork` holds unless somebody said otherwise."""

    number: int
    fork: bool = True
    base_ref: str = ""
    title: str = ""


class RunInputs(BaseModel):
    """The inputs of a run's row. `results` and `sources`: of each stage that an earlier run did for this one, its outputs
    and that run's number."""

    stages: list[str] = []
    results: dict[str, Outputs] = {}
    sources: dict[str, int] = {}
    rollback_of: int | None = None       # the deployment whose image comes back
    pull: PullInputs | None = None


@dataclass(frozen=True)
class Start:
    """A commit, and what earlier runs have done for it already."""

    commit: str
    ref: str
    message: str
    author: str
    inputs: RunInputs = field(default_factory=RunInputs)

    @classmethod
    def of(cls, ref: str, commit: Commit, pull: PullInputs | None = None) -> Start:
        inputs = RunInputs(pull=pull) if pull else RunInputs()
        return cls(commit.sha, ref, commit.subject[:SUBJECT], commit.author[:AUTHOR], inputs)
