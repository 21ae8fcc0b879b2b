"""Logs of jobs. J = /runs/{run}/jobs/{stage}.{attempt}"""

from __future__ import annotations

from flask import Response, g

from common.api.client import Dbproxy
from common.api.events import LogLines
from common.wire.errors import BadRequest, NotFound
from common.wire.stages import TERMINAL

from .. import live
from ..clients import db
from ..live import sse
from ..live.follow import Followed, Follower
from . import shapes
from .answers import Job, Lines
from .endpoint import endpoint
from .inputs import LinesQuery, StreamQuery, TextQuery

TAG = "Logs"
J = "/runs/<id:run>/jobs/<stage:stage>.<id:attempt>"
CHUNK = 64 * 1024      # bytes passed on at once
SEARCH = 20            # seconds that dbproxy may take to search a long log


@endpoint("GET", J, right="read", tag=TAG)
def get_job(run: int, stage: str, attempt: int) -> Job:
    """One stage's execution: state, reason, steps, progress."""
    return shapes.answer(Job, db.jobs.get(run, stage, attempt))


@endpoint("GET", J + "/lines", right="read", tag=TAG)
def get_lines(run: int, stage: str, attempt: int, query: LinesQuery) -> Lines:
    """Stored lines from number `from` on; or the numbers of those that hold what is to be found.

    `find` is literal, and finds among the lines of one `step` where it is named. `step` alone tells where that step's
    lines are, since steps that run side by side mix theirs.
    """
    if query.find is not None:
        if not query.find:
            raise BadRequest("what is to be found?", field="find")
        found = db.within(timeout=SEARCH).logs.find(run, stage, attempt, query.find, query.step)
        return Lines(lines=[], last=0, complete=False, numbers=found.numbers, truncated=found.truncated)
    if query.step is not None:
        return shapes.answer(Lines, db.within(timeout=SEARCH).logs.ranges(run, stage, attempt, query.step), lines=[], last=0,
                             complete=False)
    return shapes.answer(Lines, db.logs.lines(run, stage, attempt, query.from_, query.count))


@endpoint("GET", J + "/log.txt", right="read", tag=TAG, media="text/plain")
def get_log_text(run: int, stage: str, attempt: int, query: TextQuery) -> Response:
    """The whole log as text, every line so far; `time` puts each line's time before it."""
    wanted = query.model_dump(include={"time", "upto"}, exclude_defaults=True)
    upstream = db.within(timeout=60).logs.text(run, stage, attempt, **wanted)

    def chunks():
        with upstream:
            yield from upstream.iter_content(CHUNK)
    kind = "attachment" if query.download else "inline"
    name = f"{g.repo.name}-{run}-{stage}.{attempt}.txt"
    return Response(chunks(), content_type="text/plain; charset=utf-8",
                    headers={"Content-Disposition": f'{kind}; filename="{name}"'})


@endpoint("GET", J + "/stream", right="read", tag=TAG, media="text/event-stream")
def stream_log(run: int, stage: str, attempt: int, query: StreamQuery) -> Response:
    """The log as it is printed, as server-sent events.

    `lines`: `{lines: [[number, at, step, text, continues], …]}`, `id:` the last number; numbers have no gap and
    no double. `behind`: you read slowly, what follows comes from the store. `away`: reconnect. `end`: the job is
    over and every line was sent: `{state, reason, last}`. Resume with `after` or `Last-Event-ID`.
    """
    key, store, shared = (run, stage, attempt), db._get_current_object(), live.shared()

    def history(first: int, count: int) -> LogLines:
        return shared.get((key, first, count), lambda: store.logs.lines(*key, first, count))

    def job(event: int | None) -> Followed:
        return shared.get((key, event), lambda: _job_or_waiting(store, *key))
    follower = Follower(live.line_hub(), live.event_hub(), key, sse.last_seen(query.after) or 0, history, job)
    return sse.respond(follower.stream(), live.streams())


def _job_or_waiting(store: Dbproxy, run: int, stage: str, attempt: int) -> Followed:
    """A stage that has not begun waits; one that never will, since the run is over, was skipped."""
    try:
        job = store.jobs.get(run, stage, attempt)
    except NotFound:
        over = store.runs.get(run).state in TERMINAL
        return Followed("skipped", "this stage did not run") if over else Followed("pending")
    return Followed(job.state, job.reason, job.lines)
