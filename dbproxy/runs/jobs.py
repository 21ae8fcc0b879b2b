"""Jobs of runs: the conductor's picture of them, written under its fence."""

from __future__ import annotations

from psycopg2.extras import Json

from common.wire.errors import Conflict, NotFound, shown
from common.wire.stages import TERMINAL

from ..database import Transaction
from ..reports import rules
from ..reports import store as reports
from . import store
from .bodies import JobState

JOB = """run, stage, attempt, run || '.' || stage || '.' || attempt AS id, state, reason, code, params, worker, inputs,
    outputs, steps, progress, lines, created, (extract(epoch FROM started) * 1000)::bigint AS started,
    (extract(epoch FROM ended) * 1000)::bigint AS ended"""
_KEY = "run = %s AND stage = %s AND attempt = %s"


def of_run(transaction: Transaction, run: int) -> list[dict]:
    return of_runs(transaction, [run])[run]


def of_runs(transaction: Transaction, runs: list[int]) -> dict[int, list[dict]]:
    found: dict[int, list[dict]] = {run: [] for run in runs}
    for job in transaction.all(f"SELECT {JOB} FROM jobs WHERE run = ANY(%s::bigint[]) ORDER BY created, stage, attempt",
                               (runs,)) if runs else ():
        found[job["run"]].append(job)
    return found


def get(transaction: Transaction, run: int, stage: str, attempt: int) -> dict:
    """Raises NotFound."""
    row = transaction.one(f"SELECT {JOB} FROM jobs WHERE {_KEY}", (run, stage, attempt))
    if row is None:
        raise NotFound(f"job {run}.{stage}.{attempt} is unknown")
    return row


def put(transaction: Transaction, run: int, stage: str, attempt: int, job: JobState) -> dict:
    """What is not given stays as it was. Raises Conflict `old_fence`, or `final` for a job that is over."""
    checked = store.check_fence(transaction, run, job.fence)
    before = transaction.one(f"SELECT {JOB} FROM jobs WHERE {_KEY}", (run, stage, attempt))
    if before and before["state"] in TERMINAL and before["state"] != job.state:
        raise Conflict(f"job {run}.{stage}.{attempt} is over ({before['state']}), which is final", error="final")
    _write(transaction, run, stage, attempt, job)
    after = get(transaction, run, stage, attempt)
    if after != before:
        transaction.emit("job.updated", repo=checked["repo"], run=run, job=after["id"])
        store.show_jobs(transaction, run)
        reports.add(transaction, checked, rules.stage(checked, after, before))
    return after


def _write(transaction: Transaction, run: int, stage: str, attempt: int, job: JobState) -> None:
    values = job.model_dump(exclude={"fence"})
    values["steps"] = None if job.steps is None else Json(job.steps)
    transaction.do(
        "INSERT INTO jobs (run, stage, attempt, state, reason, code, params, worker, inputs, outputs, steps, progress, lines, "
        "    started, ended, over) "
        "VALUES (%(run)s, %(stage)s, %(attempt)s, %(state)s, %(reason)s, %(code)s, %(params)s, %(worker)s, %(inputs)s, "
        "    coalesce(%(outputs)s, '{}'::jsonb), coalesce(%(steps)s, '[]'::jsonb), %(progress)s, %(lines)s, "
        "    to_timestamp(%(started)s / 1000.0), to_timestamp(%(ended)s / 1000.0), "
        "    CASE WHEN %(over)s THEN now() END) "
        "ON CONFLICT (run, stage, attempt) DO UPDATE SET state = excluded.state, reason = excluded.reason, "
        "    code = excluded.code, params = excluded.params, "
        "    worker = coalesce(excluded.worker, jobs.worker), inputs = coalesce(excluded.inputs, jobs.inputs), "
        "    outputs = coalesce(%(outputs)s, jobs.outputs), steps = coalesce(%(steps)s, jobs.steps), "
        "    progress = coalesce(excluded.progress, jobs.progress), lines = coalesce(excluded.lines, jobs.lines), "
        "    started = coalesce(excluded.started, jobs.started), ended = coalesce(excluded.ended, jobs.ended), "
        "    over = coalesce(jobs.over, excluded.over)",
        {**values, "run": run, "stage": stage, "attempt": attempt, "over": job.state in TERMINAL})


def newest(transaction: Transaction, repo: int, stage: str, ref: str | None) -> dict:
    """`newest_job`, with its whole run. Raises NotFound."""
    job = newest_job(transaction, repo, stage, ref)
    if job is None:
        raise NotFound(f"repo {repo} has no {stage} that succeeded" + (f" for {shown(ref)}" if ref else ""))
    return {**job, "run_id": job["run"], "run": store.get(transaction, job["run"])}


def newest_job(transaction: Transaction, repo: int, stage: str, ref: str | None) -> dict | None:
    """The newest job of `stage` that was a success; without `ref` of any branch or tag, and never of a pull request, whose
    image is for a preview alone."""
    return transaction.one(
        f"SELECT {JOB} FROM jobs WHERE (run, stage, attempt) = (SELECT jobs.run, jobs.stage, jobs.attempt "
        "FROM jobs JOIN runs ON runs.id = jobs.run WHERE jobs.stage = %s AND jobs.state = 'success' AND runs.repo = %s "
        "AND coalesce(runs.ref = %s, runs.event <> 'pull_request') ORDER BY jobs.run DESC, jobs.attempt DESC LIMIT 1)",
        (stage, repo, ref))
