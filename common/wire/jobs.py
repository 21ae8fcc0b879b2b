"""What a worker answers about one of its jobs."""

from __future__ import annotations

from pydantic import BaseModel


class JobView(BaseModel):
    """Times are ms since 1970, by the worker's clock. Each change raises `version`."""

    id: str                      # "12.build.1"
    worker: str                  # URL of the instance that has the job
    state: str
    reason: str
    code: str = ""               # of the reason (reasons.py), as is the next; a worker of an earlier version has none
    params: dict = {}
    version: int
    outputs: dict                # of the stage, once it succeeded
    steps: list[dict]
    progress: dict | None
    lines: int                   # of the log so far
    created: int
    started: int | None
    ended: int | None
