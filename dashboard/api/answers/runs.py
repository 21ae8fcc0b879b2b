"""Runs, their jobs and logs, and what becomes of them: deployments."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field


class Job(BaseModel):
    stage: str
    attempt: int
    state: str
    reason: str = ""
    code: str = Field("", description="what the reason says, for programs")
    params: dict[str, Any] = Field({}, description="what the reason names, such as {ahead: 3}")
    worker: str | None = None
    created: str | None = None
    steps: list[dict] = Field([], description="number, name, state, first_line, last_line, started, ended, now")
    progress: dict | None = Field(None, description="done, total, unit")
    lines: int | None = 0
    outputs: dict[str, Any] | None = {}
    started: int | str | None = None
    ended: int | str | None = None


class Run(BaseModel):
    id: int
    repo: int
    kind: str
    ref: str | None = None
    commit: str | None = None
    event: str | None = None
    actor: str | None = None
    message: str | None = None
    author: str | None = None
    state: str
    reason: str | None = ""
    code: str = Field("", description="as in a job; where a job decided, `stage` in `params` names it")
    params: dict[str, Any] = {}
    cancel_requested: bool = False
    created: str | None = None
    started: str | None = None
    ended: str | None = None
    jobs: list[Job] = Field([], description="in lists the newest of each stage")


class RunDetail(Run):
    config: dict | None = None
    outputs: dict | None = {}


class Deployment(BaseModel):
    id: int
    run: int | None = None
    repo: int | None = None
    environment: str = "production"
    state: str
    reason: str | None = ""
    digest: str | None = None
    repository: str | None = None
    commit: str | None = None
    actor: str | None = None
    url: str | None = None
    findings: dict | None = None
    created: str | None = None
    changed: str | None = None
    health: str | None = Field(None, description="of what is live: healthy or down, as its container was seen last")
    health_reason: str | None = Field("", description="why it is down")
    health_since: str | None = None


class Kinds(BaseModel):
    kinds: dict[str, str | None] = Field(description="kind -> null, or why it cannot run now")


class Lines(BaseModel):
    lines: list[list] = Field(description="[number, at, step, text, continues the line before]")
    last: int = Field(description="number of the last line stored")
    complete: bool = Field(description="the job is over and every line of it is here")
    numbers: list[int] | None = Field(None, description="with `find`: lines that hold the text")
    ranges: list[list[int]] | None = Field(None, description="with `step` alone: its lines, as [first, last] of each stretch")
    truncated: bool | None = Field(None, description="there are more than these")


class Usage(BaseModel):
    cpu: float | None = None
    memory: float | None = None
    memory_limit: float | None = None
    samples: list = []
