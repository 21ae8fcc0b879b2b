"""How values look on a page."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from urllib.parse import urlencode

from flask import request
from markupsafe import Markup, escape

from common.wire import partial_database, reasons, stages
from common.wire.limits import measured

DEPLOYMENT_STATES = {"candidate": "running", "live": "success", "kept": "skipped", "stopped": "canceled",
                     "failed": "failure", "removed": "skipped"}
STATE_FACTS = {      # for the scripts, static/js/states.js
    "over": stages.TERMINAL, "failed": stages.FAILED,
    "ranked": sorted((row.name for row in stages.STATES.values() if row.rank), key=lambda name: -stages.STATES[name].rank),
    "signs": {row.name: row.sign for row in stages.STATES.values()}}
UNITS = ((86400 * 365, "y"), (86400 * 30, "mo"), (86400, "d"), (3600, "h"), (60, "m"))


def when(value: int | str | None) -> datetime | None:
    """From ISO 8601 or milliseconds since 1970."""
    if value in (None, ""):
        return None
    if isinstance(value, (int, float)):
        return datetime.fromtimestamp(value / 1000, timezone.utc)
    found = datetime.fromisoformat(value.replace("Z", "+00:00"))
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


def iso(value) -> str:
    moment = when(value)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z") if moment else ""


def ago(value) -> str:
    """"2m ago"; "now" for what is younger than a few seconds, or of a clock that is ahead."""
    moment = when(value)
    if moment is None:
        return ""
    seconds = (datetime.now(timezone.utc) - moment).total_seconds()
    return f"{rough(seconds)} ago" if seconds >= 5 else "now"


def rough(seconds: float) -> str:
    for size, unit in UNITS:
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return f"{int(max(0, seconds))}s"


def duration(seconds: float | None) -> str:
    """0.4s, 27s, 2m 05s, 1h 02m."""
    if seconds is None:
        return ""
    if seconds < 9.95:
        return f"{max(0, seconds):.1f}s"
    if seconds < 59.5:
        return f"{seconds:.0f}s"
    seconds = round(seconds)
    if seconds < 3600:
        return f"{int(seconds // 60)}m {int(seconds % 60):02}s"
    return f"{int(seconds // 3600)}h {int(seconds % 3600 // 60):02}m"


def took(thing) -> str:
    """From its start to its end, or to now."""
    start, end = when(thing.started), when(thing.ended)
    return duration(((end or datetime.now(timezone.utc)) - start).total_seconds()) if start else ""


def size(count: float | None) -> str:
    if count is None:
        return ""
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1024 or unit == "GB":
            return f"{count:.0f} {unit}" if count >= 10 or unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return ""


def short(text: str | None, length: int = 7) -> str:
    return (text or "").removeprefix("sha256:")[:length]


def short_ref(ref: str) -> str:
    """refs/heads/main -> main, refs/pull/7/head -> 7."""
    kind, _, name = ref.removeprefix("refs/").partition("/")
    return name.removesuffix("/head") if kind == "pull" else name


def number(value: int) -> str:
    return f"{value:,}"


def first_line(text: str | None) -> str:
    """Of a reason: its sentence, without the words that lead to what it quotes."""
    return (text or "").split("\n", 1)[0].removesuffix("; its last lines:")


def sentence(text: str) -> str:
    """With a capital and an end; capitalize() would make the others small."""
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "…")) else ".")


def plain(text: str) -> str:
    """A log line for a page without JavaScript: no colours, and control bytes as pictures of themselves."""
    text = re.sub(r"\x1b\[[0-9;:]*m", "", text)
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", lambda found: chr(0x2421 if found[0] == "\x7f" else 0x2400 + ord(found[0])), text)


def told(value) -> str:
    """What a part says of itself, as one line: "version 26.1, disk used 61"."""
    if isinstance(value, dict):
        return ", ".join(f"{str(key).replace('_', ' ')} {told(item)}" for key, item in value.items()
                         if item not in (None, "", [], {}))
    if isinstance(value, list):
        return f"{len(value)}" if value and isinstance(value[0], (dict, list)) else " ".join(map(str, value))
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def linked(text: str | None) -> Markup:
    """Text with each "run 12" in it as a link."""
    return Markup(re.sub(r"\brun (\d{1,18})\b", r'<a href="/runs/\1">run \1</a>', str(escape(text or ""))))


def coded(text: str | None) -> Markup:
    """Text with what stands in `backticks` as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text or ""))))


def job_took(job) -> str:
    """Of a stage in a list: how long it ran; "" while it has not begun."""
    return took(job) if job.started else ""


def job_of(run, stage: str):
    """The newest job of that stage, None where it has none."""
    return next((job for job in run.jobs if job.stage == stage), None)


def counted(progress: dict | None) -> str:
    """"3/9", or nothing."""
    return f"{progress['done']}/{progress['total']}" if progress and progress.get("total") else ""


def now_of(job) -> str:
    """What a line that its program rewrites says now, in a step that runs; "" where there is none."""
    return next((step["now"] for step in reversed(job.steps) if step.get("now") and step.get("state") == "running"), "")


def stage_state(state: str) -> str:
    return DEPLOYMENT_STATES.get(state, state if state in stages.STATES else "pending")


def sign_of(state: str) -> str:
    """One character for titles; that of a state which waits where there is no other."""
    return stages.STATES.get(state, stages.STATES["pending"]).sign


def latest_jobs(run) -> list:
    """One entry for each stage of the run's kind, in order: its newest job, or None where it has none yet."""
    newest: dict = {}
    for job in sorted(run.jobs, key=lambda job: job.attempt):
        newest[job.stage] = job
    return [(name, newest.get(name)) for name in stages.of_kind(run.kind) or stages.STAGES]


def with_query(**changes) -> str:
    """This page's address with some parameters changed; None takes one out."""
    merged = {**request.args.to_dict(), **changes}
    text = urlencode({key: value for key, value in merged.items() if value not in (None, "")})
    return f"{request.path}?{text}" if text else request.path


def typed(name: str, value="") -> str:
    """What was typed into a filter, also where it did not fit; else its `value`."""
    return request.args.get(name, value if value is not None else "")


def pages_around(page: int, pages: int) -> list[int | None]:
    """Numbers to show in a pager, None for a gap: 1 … 4 5 6 … 41."""
    wanted = sorted({1, 2, page - 1, page, page + 1, pages} & set(range(1, pages + 1)))
    shown: list[int | None] = []
    for number_ in wanted:
        if shown and shown[-1] is not None and number_ - shown[-1] > 1:
            shown.append(None)
        shown.append(number_)
    return shown


FILTERS = {"ago": ago, "iso": iso, "duration": duration, "took": took, "size": size, "measured": measured, "short": short,
           "short_ref": short_ref,
           "number": number, "first_line": first_line, "stage_state": stage_state, "plain": plain,
           "linked": linked, "coded": coded, "counted": counted, "sentence": sentence}
GLOBALS = {"latest_jobs": latest_jobs, "with_query": with_query, "pages_around": pages_around, "sign_of": sign_of,
           "stage_names": tuple(stages.STAGES), "secret_uses": tuple(stages.WITH_SECRETS), "state_facts": STATE_FACTS,
           "FAILED": stages.FAILED, "RETRYABLE": stages.RETRYABLE, "PLAIN": reasons.PLAIN, "NO_FULL_DATABASE": partial_database.CODE,
           "detail": told, "now_of": now_of, "job_of": job_of, "job_took": job_took, "typed": typed}
