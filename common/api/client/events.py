"""Events, log lines, and leases on names."""

from __future__ import annotations

from typing import Any

import requests

from ..events import Events, FoundLines, HeldLease, LogLines, StepRanges
from .resource import ANSWERS_WITHIN, Resource, segment, written


class EventLog(Resource):
    def last(self) -> int:
        """The number of the newest event, at once."""
        return self._get(Events, "/v1/events").last

    def after(self, number: int, wait: int = 0, topics: str | None = None) -> Events:
        """Those past `number`, at most 500; waits up to `wait` seconds for one. `topics`: any of "repo:7,run:12,status"."""
        return self._get(Events, "/v1/events", {"after": number, "wait": wait, "topics": topics},
                         timeout=wait + ANSWERS_WITHIN)


class Logs(Resource):
    def lines(self, run: int, stage: str, attempt: int, first: int, count: int) -> LogLines:
        return self._get(LogLines, _path(run, stage, attempt), {"from": first, "count": count})

    def find(self, run: int, stage: str, attempt: int, text: str, step: int | None = None) -> FoundLines:
        """The numbers of the lines that hold `text`, of one step where it is named."""
        return self._get(FoundLines, f"{_path(run, stage, attempt)}/find", {"q": text, "step": step})

    def ranges(self, run: int, stage: str, attempt: int, step: int) -> StepRanges:
        """Where the step's lines are."""
        return self._get(StepRanges, f"{_path(run, stage, attempt)}/ranges", {"step": step})

    def text(self, run: int, stage: str, attempt: int, **query: Any) -> requests.Response:
        """A stream of the whole log. `query`: `time upto`."""
        return self._client.send("GET", f"{_path(run, stage, attempt)}/text", params=written(query), stream=True,
                                 **self._options)


class Leases(Resource):
    """Names that one of several instances holds for a time, by the database's clock: the holder does the work for all."""

    def claim(self, name: str, owner: str, seconds: int) -> bool:
        """Is it the owner's for the next `seconds`?"""
        return self._write(HeldLease, "PUT", f"/v1/leases/{segment(name)}", {"owner": owner, "seconds": seconds}).held

    def release(self, name: str, owner: str) -> None:
        self._call("DELETE", f"/v1/leases/{segment(name)}", {"owner": owner})


def _path(run: int, stage: str, attempt: int) -> str:
    return f"/v1/log/{run}/{segment(stage)}.{attempt}"
