"""The stages of many runs at once, for lists."""

from __future__ import annotations

from collections import defaultdict

from ..clients import db
from .answers import Job, Run
from .shapes import answer


def add_jobs(runs: list[Run]) -> None:
    """Give each run the newest job of each of its stages; one question for all of them."""
    if not runs:
        return
    jobs: dict[int, list[Job]] = defaultdict(list)
    for row in db.runs.stages([run.id for run in runs]):
        jobs[row.run].append(answer(Job, row))
    for run in runs:
        run.jobs = jobs[run.id]
