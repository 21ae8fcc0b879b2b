"""What the run endpoints take."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from common.wire.contracts import Kind, State

from ..bodies import Actor, Body, Name

Fence = Annotated[int, Field(ge=1)]


class NewRun(Body):
    repo: int
    kind: Kind
    ref: Annotated[str, Field(min_length=1, max_length=1024)]
    commit: Annotated[str, Field(min_length=1, max_length=128)]
    event: Name
    actor: Actor
    message: str = ""
    author: str = ""
    key: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    inputs: dict = {}
    supersede: bool = False
    most_waiting: int | None = Field(default=None, ge=1)      # runs of this actor that may wait at once


class Lease(Body):
    owner: Name
    fence: Fence


class RunChange(Body):
    fence: Fence
    state: State | None = None
    reason: str | None = None      # code and params belong to it: with a reason alone both become empty
    code: str | None = None
    params: dict | None = None
    commit: str | None = None
    config: dict | None = None
    outputs: dict | None = None
    message: str | None = None
    author: str | None = None
    release: bool = False


class ByActor(Body):
    actor: Actor


class JobState(Body):
    fence: Fence
    state: State
    reason: str = ""
    code: str = ""
    params: dict = {}
    worker: str | None = None
    inputs: dict | None = None
    outputs: dict | None = None
    steps: list[dict] | None = None
    progress: dict | None = None
    lines: int | None = Field(default=None, ge=0)
    started: int | None = None       # ms since 1970, the worker's clock
    ended: int | None = None
