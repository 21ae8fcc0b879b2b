"""Rows of what changes from moment to moment: events, log lines, the store's own status."""

from __future__ import annotations

from pydantic import model_serializer

from .base import Moment, Row


class Event(Row):
    """Something changed; an object that it is not about is left out of the answer."""

    id: int
    kind: str
    repo: int | None = None
    run: int | None = None
    job: str | None = None
    deployment: int | None = None
    at: Moment


    @model_serializer(mode="wrap")
    def _without_absent(self, serialize):
        return {name: value for name, value in serialize(self).items() if value is not None}


class Events(Row):
    """`last`: what to ask for next; `missed`: some before these are gone, so look at the state anew."""

    events: list[Event]
    last: int
    missed: bool


class HeldLease(Row):
    held: bool                              # by whoever asked


class LogLines(Row):
    """`lines`: [number, at in ms, step, text, continues the line before]; not looked at one by one, for speed."""

    lines: list
    last: int                               # the highest number that is stored
    complete: bool


class FoundLines(Row):
    numbers: list[int]
    truncated: bool


class StepRanges(Row):
    ranges: list[tuple[int, int]]           # first and last line of each stretch
    truncated: bool


class DatabaseStatus(Row):
    state: str
    size: int                               # bytes
    version: str
    connections: int
    log_size: int                           # bytes


class LogStatus(Row):
    """Of the consumer of log lines; `queued` and `waiting` are messages in the broker and here."""

    state: str
    store_problem: str | None
    queued: int
    waiting: int
    lag_seconds: float
    last_write_delay_seconds: float
    dead_letters: int
    last_rejection: str | None
    lines_stored: int
    writes: int


class RunCounts(Row):
    waiting: int
    running: int


class ForgeReports(Row):
    """A forge for which reports wait after an attempt in vain, or failed within a day."""

    forge: str
    waiting: int
    since: Moment | None
    reason: str | None
    failed: int
    failure: str | None


class StoreStatus(Row):
    database: DatabaseStatus
    log: LogStatus
    runs: RunCounts
    reports: list[ForgeReports]
