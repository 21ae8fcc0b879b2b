"""The log viewer; and for a browser that runs no scripts, a page of 1,000 lines, which is all that it needs."""

from __future__ import annotations

import re

from flask import render_template, request

from common.wire.errors import BadRequest, NotFound

from ..api import logs as api
from ..api import runs as runs_api
from ..api.answers import Job, Lines
from ..api.inputs import LinesQuery
from .blueprint import page
from .plain import reads_plain
from .run import frame

PAGE = 1000       # lines, for a browser that runs no scripts
WINDOW = 500      # that the viewer asks for at once, as static/js/log/store.js has it
AROUND = 10       # lines shown before the one that was asked for: it is in sight without a scroll


@page("/runs/<id:run>/<stage:stage>.<id:attempt>", right="read")
def log(run: int, stage: str, attempt: int):
    found = runs_api.get_run()
    job = next((job for job in found.jobs if (job.stage, job.attempt) == (stage, attempt)), None)
    if job is None and (attempt > 1 or stage not in dict(frame(found)["stages"])):
        raise NotFound(f"run {run} has no attempt {attempt} of {stage}")
    marked, text = marked_lines(), wanted_text()
    numbers = search(run, stage, attempt, text) if reads_plain() else None
    first = first_line(marked, numbers)
    wanted = LinesQuery.model_validate({"from": first, "count": PAGE if reads_plain() else 1})
    lines = api.get_lines(run, stage, attempt, wanted)
    return render_template(
        "log.html", job=job or Job(stage=stage, attempt=attempt, state="pending", reason="waiting for its turn"),
        lines=lines, first=lines.lines[0][0] if lines.lines else first, marked=marked, numbers=numbers,
        find=text, size=PAGE, window=WINDOW,
        attempts=[job for job in found.jobs if job.stage == stage], **frame(found))


def marked_lines() -> tuple[int, int] | None:
    """`?line=40` or `?line=40-52`; raises BadRequest for anything else."""
    text = request.args.get("line", "")
    if not text:
        return None
    match = re.fullmatch(r"(\d{1,12})(?:-(\d{1,12}))?", text)
    if not match or int(match[1]) < 1:
        raise BadRequest("line is a number, or two with a dash between: 40-52")
    first, last = int(match[1]), int(match[2] or match[1])
    return min(first, last), max(first, last)


def first_line(marked: tuple[int, int] | None, numbers: Lines | None) -> int:
    """Where the page begins: as asked, or so that the marked line, or the first hit, is on it."""
    asked = request.args.get("from", "")
    if asked:
        if not re.fullmatch(r"[1-9]\d{0,11}", asked):
            raise BadRequest("from is the number of a line")
        return int(asked)
    wanted = marked[0] if marked else numbers.numbers[0] if numbers and numbers.numbers else 1
    return max(1, wanted - AROUND)


def wanted_text() -> str:
    """`?find=`; raises BadRequest."""
    text = request.args.get("find", "")
    if len(text) > 500:
        raise BadRequest("at most 500 letters", field="find")
    return text


def search(run: int, stage: str, attempt: int, text: str) -> Lines | None:
    return api.get_lines(run, stage, attempt, LinesQuery(find=text)) if text else None
