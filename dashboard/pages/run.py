"""The page of one run: its rail of stages, its log, tests, artifacts, definition; why.py says why it failed."""

from __future__ import annotations

from collections.abc import Mapping

from flask import g, render_template

from common.wire.errors import NotFound, Problem, ServiceDown
from common.wire.stages import TERMINAL

from ..api import findings as findings_api
from ..api import logs as logs_api
from ..api import repos as repos_api
from ..api import runs as api
from ..api.answers import Job, Lines, Tests
from ..api.inputs import LinesQuery, TestsQuery
from ..clients import db
from .blueprint import began, page, posted
from .filters import latest_jobs, when
from .plain import reads_plain
from .why import deciding, explain, without_reason

LAST_LINES = 10
TAIL = 200      # lines under the rail, for who runs no scripts

NO_LINES = Lines(lines=[], last=0, complete=False)


@page("/runs/<id:run>", right="read")
def run(run: int):
    found = api.get_run()
    job = shown_job(found)
    why = explain(found)
    return render_template("run.html", tab="log", why=why, last=last_lines(found.id, why), job=job,
                           lines=shown(found.id, job) if job else NO_LINES, **frame(found))


@page("/runs/<id:run>/tests", right="read")
def run_tests(run: int):
    found = api.get_run()
    try:
        tests = findings_api.get_tests(run, TestsQuery())
    except NotFound:
        tests = Tests()
    return render_template("run_tests.html", tab="tests", tests=tests, **frame(found))


@page("/runs/<id:run>/artifacts", right="read")
def run_artifacts(run: int):
    found = api.get_run()
    built = {job.stage: job.outputs or {} for job in found.jobs if job.state == "success"}
    return render_template("run_artifacts.html", tab="artifacts", digest=findings_api.digest_of(g.run),
                           built=built.get("build", {}), scanned="scan" in built, tested=any(
                               job.stage == "test" and job.ended for job in found.jobs), **frame(found))


@page("/runs/<id:run>/definition", right="read")
def run_definition(run: int):
    return render_template("run_definition.html", tab="definition", **frame(api.get_run()))


@page("/runs/<id:run>/cancel", right="write", method="POST")
def cancel_run(run: int):
    return posted(lambda: api.cancel_run(run).detail.capitalize() + ".", f"/runs/{run}")


@page("/runs/<id:run>/retry", right="write", method="POST")
def retry_run(run: int):
    def action() -> str:
        told = api.retry_run(run).detail.capitalize() + "."
        began(run)
        return told
    return posted(action, f"/runs/{run}")


def frame(found) -> dict:
    """What every tab of a run shows: its head and its rail."""
    stages, failed = latest_jobs(found), deciding(found)
    return {"run": found, "repo": repos_api.get_repo(), "stages": stages, "failed": failed,
            "over": found.state in TERMINAL, "topics": [f"run:{found.id}"], "usual": usual(found),
            "headline": headline(found, failed), "counts": counts(dict(stages)), "waited": waited, "caveat": caveat}


def headline(found, failed) -> str:
    """The stage that the title names: what failed or runs; else the run's kind."""
    running = [job.stage for job in found.jobs if job.state == "running"]
    return failed.stage if failed else running[-1] if running else found.kind


def counts(stages: Mapping[str, Job | None]) -> dict[str, str]:
    """What the tabs say beside their names: "3 new", "7/8"."""
    told = {}
    outputs = {name: (job and job.outputs) or {} for name, job in stages.items()}
    scan, test = outputs.get("scan", {}), outputs.get("test", {})
    if scan.get("new"):
        told["findings"] = f"{scan['new']} new"
    passed, failed = test.get("passed"), test.get("failed")
    if passed is not None and passed + (failed or 0):
        told["tests"] = f"{passed}/{passed + (failed or 0)}"
    return told


def caveat(job) -> str | None:
    """Return what makes the success of a stage weaker than it looks, such as "no full database"; None otherwise."""
    return ((job.outputs or {}).get("gate") or {}).get("caveat") if job.state == "success" else None


def waited(found, job) -> float | None:
    """Seconds between the moment at which a job could begin (the run's, or that of the job before it) and its start."""
    start = when(job.started)
    ends = [when(other.ended) for other in found.jobs if other.ended and other is not job]
    before = [end for end in (*ends, when(found.created)) if end and start and end <= start]
    return (start - max(before)).total_seconds() if before else None


def shown_job(found):
    """Whose log the page opens with: what failed, else what runs, else what ran last."""
    running = [job for job in found.jobs if job.state == "running"]
    begun = [job for job in found.jobs if job.state != "skipped"]
    return deciding(found) or (running[-1] if running else begun[-1] if begun else None)


def last_lines(number: int, why) -> Lines:
    """The last lines of the job that decided, where its reason and its results do not say enough."""
    if why is None or why.job is None or why.says_enough:
        return Lines(lines=[], last=0, complete=True)
    last = tail(number, why.job, LAST_LINES)
    return last.model_copy(update={"lines": without_reason(last.lines, why.job)})


def shown(number: int, job) -> Lines:
    """What the viewer starts from; for a browser that runs no scripts the last lines themselves."""
    return tail(number, job, TAIL) if reads_plain() else stored(number, job, 1, 1)


def tail(number: int, job, count: int) -> Lines:
    """The last stored lines."""
    return stored(number, job, max(1, stored(number, job, 1, 1).last - count + 1), count)


def stored(number: int, job, first: int, count: int) -> Lines:
    """None while the store cannot say."""
    try:
        query = LinesQuery.model_validate({"from": first, "count": count})
        return logs_api.get_lines(number, job.stage, job.attempt, query)
    except (ServiceDown, Problem):
        return NO_LINES


def usual(found) -> float | None:
    """Seconds that a run of this repository usually takes: the last median that there is."""
    if found.state in TERMINAL:
        return None
    try:
        days = db.repos.stats(found.repo, days=30).days
    except (ServiceDown, Problem):
        return None
    medians = [day.median_seconds for day in days if day.median_seconds]
    return medians[-1] if medians else None
