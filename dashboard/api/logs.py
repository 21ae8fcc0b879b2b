"""Logs of jobs. J = /runs/{run}/jobs/{stage}.{attempt}"""

from __future__ import annotations

from flask import Response, g

from common.service.client import ServiceClient
from common.wire.errors import BadRequest, NotFound
from common.wire.stages import TERMINAL

from .. import live
from ..clients import dbproxy
from ..live import sse
from ..live.follow import Follower
from .answers import Job, Lines
from .endpoint import endpoint
from .inputs import LinesQuery, StreamQuery, TextQuery

TAG = "Logs"
J = "/runs/<id:run>/jobs/<stage:stage>.<id:attempt>"
CHUNK = 64 * 1024      # bytes passed on at once


@endpoint("GET", J, right="read", tag=TAG)
def get_job(run: int, stage: str, attempt: int) -> Job:
    """One stage's execution: state, reason, steps, progress."""
    return Job.model_validate(dbproxy.get(f"/v1/runs/{run}/jobs/{stage}.{attempt}"))


@endpoint("GET", J + "/lines", right="read", tag=TAG)
def get_lines(run: int, stage: str, attempt: int, query: LinesQuery) -> Lines:
    """Stored lines from number `from` on; or the numbers of those that hold what is to be found.

    `find` is literal, and finds among the lines of one `step` where it is named. `step` alone tells where that step's
    lines are, since steps that run side by side mix theirs.
    """
    path = f"/v1/log/{run}/{stage}.{attempt}"
    step = {} if query.step is None else {"step": query.step}
    if query.find is not None:
        if not query.find:
            raise BadRequest("what is to be found?", field="find")
        found = dbproxy.get(f"{path}/find", params={"q": query.find, **step}, timeout=20)
        return Lines(lines=[], last=0, complete=False, numbers=found["numbers"], truncated=found["truncated"])
    if step:
        return Lines(lines=[], last=0, complete=False, **dbproxy.get(f"{path}/ranges", params=step, timeout=20))
    return Lines.model_validate(dbproxy.get(path, params={"from": query.from_, "count": query.count}))


@endpoint("GET", J + "/log.txt", right="read", tag=TAG, media="text/plain")
def get_log_text(run: int, stage: str, attempt: int, query: TextQuery) -> Response:
    """The whole log as text, every line so far; `time` puts each line's time before it."""
    wanted = query.model_dump(include={"time", "upto"}, exclude_defaults=True)
    upstream = dbproxy.send("GET", f"/v1/log/{run}/{stage}.{attempt}/text", stream=True, timeout=60, params=wanted)

    def chunks():
        with upstream:
            yield from upstream.iter_content(CHUNK)
    kind = "attachment" if query.download else "inline"
    name = f"{g.repo['name']}-{run}-{stage}.{attempt}.txt"
    return Response(chunks(), content_type="text/plain; charset=utf-8",
                    headers={"Content-Disposition": f'{kind}; filename="{name}"'})


@endpoint("GET", J + "/stream", right="read", tag=TAG, media="text/event-stream")
def stream_log(run: int, stage: str, attempt: int, query: StreamQuery) -> Response:
    """The log as it is printed, as server-sent events.

    `lines`: `{lines: [[number, at, step, text, continues], …]}`, `id:` the last number; numbers have no gap and
    no double. `behind`: you read slowly, what follows comes from the store. `away`: reconnect. `end`: the job is
    over and every line was sent: `{state, reason, last}`. Resume with `after` or `Last-Event-ID`.
    """
    path, store, shared = f"/v1/log/{run}/{stage}.{attempt}", dbproxy._get_current_object(), live.shared()

    def history(first: int, count: int) -> dict:
        return shared.get((path, first, count), lambda: store.get(path, params={"from": first, "count": count}))

    def job(event: int | None) -> dict:
        return shared.get((path, event), lambda: _job_or_waiting(store, run, stage, attempt))
    follower = Follower(live.line_hub(), live.event_hub(), (run, stage, attempt), sse.last_seen(query.after) or 0,
                        history, job)
    return sse.respond(follower.stream(), live.streams())


def _job_or_waiting(store: ServiceClient, run: int, stage: str, attempt: int) -> dict:
    """A stage that has not begun waits; one that never will, since the run is over, was skipped."""
    try:
        return store.get(f"/v1/runs/{run}/jobs/{stage}.{attempt}")
    except NotFound:
        over = store.get(f"/v1/runs/{run}")["state"] in TERMINAL
        return {"state": "skipped" if over else "pending", "reason": "this stage did not run" if over else ""}
