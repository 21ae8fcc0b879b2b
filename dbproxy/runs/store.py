"""Runs in Postgres: make, read, change, cancel, retry."""

from __future__ import annotations

from common.wire.errors import Conflict, NotFound, Problem
from common.wire.reasons import SENTENCES, reason
from common.wire.stages import RETRYABLE, TERMINAL, UNFINISHED

from ..database import Transaction
from ..reports import rules
from ..reports import store as reports
from ..states import NOT_OVER
from .bodies import NewRun, RunChange

REPEAT_SECONDS = 15      # a retry sent again by the same person within it is the same retry

RUN = f"""runs.id, runs.repo, repos.forge, repos.owner || '/' || repos.name AS repo_path, repos.app,
    runs.kind, runs.ref, runs.commit, runs.event, runs.actor, runs.message, runs.author, runs.key, runs.inputs,
    runs.state, coalesce(replace('{SENTENCES["waiting_for_run"]}', '{{run}}', ahead.id::text), runs.reason) AS reason,
    CASE WHEN ahead.id IS NULL THEN runs.code ELSE 'waiting_for_run' END AS code,
    CASE WHEN ahead.id IS NULL THEN runs.params ELSE jsonb_build_object('run', ahead.id) END AS params,
    runs.config, runs.outputs, runs.cancel_requested, runs.canceled_by, runs.retries, runs.owner, runs.fence,
    runs.lease_until, runs.created, runs.started, runs.ended"""
FROM = f"""runs JOIN repos ON repos.id = runs.repo
    LEFT JOIN runs ahead ON runs.state = 'pending' AND runs.lease_until IS NULL AND ahead.repo = runs.repo
    AND ahead.state IN {NOT_OVER} AND ahead.lease_until IS NOT NULL"""      # one at most: runs_one_under_way_a_repo


REASON = "reason = %(reason)s, code = %(code)s, params = %(params)s"


def get(transaction: Transaction, run: int) -> dict:
    """Raises NotFound."""
    row = transaction.one(f"SELECT {RUN} FROM {FROM} WHERE runs.id = %s", (run,))
    if row is None:
        raise NotFound(f"run {run} is unknown")
    return row


def several(transaction: Transaction, runs: list[int]) -> dict[int, dict]:
    """By number; those that are unknown are left out."""
    rows = transaction.all(f"SELECT {RUN} FROM {FROM} WHERE runs.id = ANY(%s::bigint[])", (runs,)) if runs else []
    return {row["id"]: row for row in rows}


def create(transaction: Transaction, new: NewRun) -> tuple[dict, bool]:
    """(the run, was it new). The repo's row is locked, so two calls at once cannot both be new."""
    if transaction.value("SELECT id FROM repos WHERE id = %s FOR NO KEY UPDATE", (new.repo,)) is None:
        raise NotFound(f"repo {new.repo} is unknown")
    double = _double(transaction, new)
    if double:
        return get(transaction, double), False
    _check_quota(transaction, new)
    run = transaction.value(
        "INSERT INTO runs (repo, kind, ref, commit, event, actor, message, author, key, inputs, reason, code) "
        "VALUES (%(repo)s, %(kind)s, %(ref)s, %(commit)s, %(event)s, %(actor)s, %(message)s, %(author)s, %(key)s, "
        "%(inputs)s, %(reason)s, %(code)s) RETURNING id", {**new.model_dump(), **reason("queued").row()})
    superseded = _supersede(transaction, new, run) if new.supersede else []
    transaction.emit("run.created", repo=new.repo, run=run)
    transaction.wake_claims()
    made = get(transaction, run)
    reports.add(transaction, made, rules.waits(made))
    for other in superseded:
        reports.add_end(transaction, get(transaction, other))
    return made, True


def _double(transaction: Transaction, new: NewRun) -> int | None:
    """The run of the same key; else one that does the same and is not over. Not where another commit came in
    between: whoever pushes A, B and A again means A to be live in the end. A pull request's run, which never goes live,
    is none for a branch of the same commit, nor for another pull request."""
    if new.key is not None:
        known = transaction.value("SELECT id FROM runs WHERE repo = %s AND key = %s", (new.repo, new.key))
        if known:
            return known
    open_ones = (f"repo = %(repo)s AND kind = %(kind)s AND state IN {NOT_OVER} AND "
                 "(CASE WHEN event = 'pull_request' THEN ref ELSE '' END) = %(pull)s")
    return transaction.value(
        f"SELECT id FROM runs WHERE {open_ones} AND commit = %(commit)s AND NOT cancel_requested AND "
        "(kind <> 'rollback' OR inputs = %(inputs)s) AND "
        f"id > coalesce((SELECT max(id) FROM runs WHERE {open_ones} AND commit <> %(commit)s), 0) "
        "ORDER BY id DESC LIMIT 1", {**new.model_dump(), "pull": new.ref if new.event == "pull_request" else ""})


def _check_quota(transaction: Transaction, new: NewRun) -> None:
    """Raises a 429 Problem `quota` where `actor` has as many waiting runs as they may; those that the new one
    supersedes do not count. The lock holds until the commit, so starts side by side are counted too."""
    if new.most_waiting is None:
        return
    transaction.do("SELECT pg_advisory_xact_lock(hashtextextended('waiting runs of ' || %s, 0))", (new.actor,))
    waiting = transaction.value(
        "SELECT count(*) FROM runs WHERE actor = %(actor)s AND state = 'pending' AND NOT "
        "(%(supersede)s AND repo = %(repo)s AND ref = %(ref)s AND kind = %(kind)s)", new.model_dump())
    if waiting >= new.most_waiting:
        raise Problem(f"{waiting} of your runs wait already, and {new.most_waiting} may: let some finish, or cancel "
                      "some", error="quota", status=429)


def _supersede(transaction: Transaction, new: NewRun, run: int) -> list[int]:
    """Numbers of the waiting runs that the new one ended."""
    rows = transaction.all(
            f"UPDATE runs SET state = 'canceled', {REASON}, ended = now(), cancel_requested = true "
            "WHERE repo = %(repo)s AND ref = %(ref)s AND kind = %(kind)s AND state = 'pending' AND lease_until IS NULL "
            "AND id < %(run)s RETURNING id", {**new.model_dump(), **reason("superseded", run=run).row(), "run": run})
    for row in rows:
        transaction.emit("run.updated", repo=new.repo, run=row["id"])
    return [row["id"] for row in rows]


def check_fence(transaction: Transaction, run: int, fence: int) -> dict:
    """The run `{id, repo, commit, state, fence}`, locked against other writers; raises NotFound, or Conflict `old_fence`."""
    row = transaction.one("SELECT id, repo, commit, state, fence FROM runs WHERE id = %s FOR NO KEY UPDATE", (run,))
    if row is None:
        raise NotFound(f"run {run} is unknown")
    if row["fence"] != fence:
        raise Conflict(f"fence {fence} of run {run} is not its fence {row['fence']}: another conductor claimed it",
                       error="old_fence")
    return row


def change(transaction: Transaction, run: int, wanted: RunChange) -> dict:
    """Under the fence. The last word repeated is answered as at first; another one raises Conflict `final`."""
    now = check_fence(transaction, run, wanted.fence)
    if now["state"] in TERMINAL:
        if wanted.state in (None, now["state"]):
            return get(transaction, run)
        raise Conflict(f"run {run} is over ({now['state']}), which is final", error="final")
    values = {name: value for name, value in wanted.given().items()
              if value is not None and name not in ("fence", "release")}
    if wanted.reason is not None:
        values |= {"code": wanted.code or "", "params": wanted.params or {}}
    settings = [f"{name} = %({name})s" for name in values]
    if wanted.state in TERMINAL:
        settings += ["ended = now()", "lease_until = NULL", "owner = NULL"]
    elif wanted.release:      # with an expired lease it stays the run under way, and is the next to be claimed
        settings += ["lease_until = now()", "owner = NULL"]
    if settings:
        transaction.do(f"UPDATE runs SET {', '.join(settings)} WHERE id = %(run)s", {**values, "run": run})
        transaction.emit("run.updated", repo=now["repo"], run=run)
    if wanted.release or wanted.state in TERMINAL:
        transaction.wake_claims()
    return _reported(transaction, run)


def _reported(transaction: Transaction, run: int) -> dict:
    """The run's row, after its end, if it has come to it, is on its way to the forge."""
    row = get(transaction, run)
    if row["state"] in TERMINAL:
        reports.add_end(transaction, row)
    return row


def cancel(transaction: Transaction, run: int, actor: str) -> dict:
    """A run that nobody has claimed is over at once, its owner is asked to end another; raises Conflict `final` for one
    that is over."""
    row = transaction.one("SELECT repo, state, lease_until FROM runs WHERE id = %s FOR NO KEY UPDATE", (run,))
    if row is None:
        raise NotFound(f"run {run} is unknown")
    if row["state"] in TERMINAL:
        if row["state"] == "canceled":
            return get(transaction, run)
        raise Conflict(f"run {run} is over ({row['state']}): nothing to cancel", error="final")
    transaction.do("UPDATE runs SET cancel_requested = true, canceled_by = %s WHERE id = %s", (actor, run))
    if row["lease_until"] is None:
        transaction.do(f"UPDATE runs SET state = 'canceled', {REASON}, ended = now() WHERE id = %(run)s",
                       {**reason("canceled_by", actor=actor).row(), "run": run})
    transaction.emit("run.updated", repo=row["repo"], run=run)
    return _reported(transaction, run)


def retry(transaction: Transaction, run: int, actor: str) -> dict:
    """A run that ended in a way that can be retried waits again; its fence rises, so no late write can hit it."""
    row = transaction.one(
        "SELECT repo, state, retried_by = %s AND retried > now() - make_interval(secs => %s) AS repeated "
        "FROM runs WHERE id = %s FOR NO KEY UPDATE", (actor, REPEAT_SECONDS, run))
    if row is None:
        raise NotFound(f"run {run} is unknown")
    if row["state"] in UNFINISHED and row["repeated"]:
        return get(transaction, run)
    if row["state"] not in RETRYABLE:
        *others, last = RETRYABLE
        raise Conflict(f"run {run} is {row['state']}: only {', '.join(others)} and {last} can be tried again",
                       error="not_retryable")
    transaction.do(
        f"UPDATE runs SET state = 'pending', {REASON}, cancel_requested = false, canceled_by = NULL, ended = NULL, "
        "owner = NULL, lease_until = NULL, fence = fence + 1, retries = retries + 1, retried_by = %(actor)s, "
        "retried = now() WHERE id = %(run)s", {**reason("retried", actor=actor).row(), "actor": actor, "run": run})
    transaction.emit("run.updated", repo=row["repo"], run=run)
    transaction.wake_claims()
    waiting = get(transaction, run)
    reports.add(transaction, waiting, rules.waits(waiting))
    return waiting


def show_jobs(transaction: Transaction, run: int) -> None:
    """Let the run be what its jobs are: running while one runs, pending while those that a worker has all wait for a
    free slot. Between two jobs it stays as it was. Repeatable."""
    repo = transaction.value(
        "WITH job AS (SELECT state, CASE WHEN state = 'running' THEN state ELSE stage || ': ' || reason END AS reason, "
        "    code, params || jsonb_build_object('stage', stage) AS params "
        f"    FROM jobs WHERE run = %(run)s AND state IN {NOT_OVER} AND worker IS NOT NULL "
        "    ORDER BY state = 'running' DESC, created LIMIT 1) "
        "UPDATE runs SET state = job.state, reason = job.reason, code = job.code, params = job.params, "
        "    started = CASE WHEN job.state = 'running' THEN coalesce(started, now()) ELSE started END "
        f"FROM job WHERE runs.id = %(run)s AND runs.state IN {NOT_OVER} "
        "AND (runs.state, runs.reason, runs.code) <> (job.state, job.reason, job.code) RETURNING repo", {"run": run})
    if repo is not None:
        transaction.emit("run.updated", repo=repo, run=run)


def fail_promoted(transaction: Transaction, run: int, cause: str) -> bool:
    """A run that was a success, and whose version crashed soon after it went live, is a failure. Answers whether this
    call made it one."""
    repo = transaction.value(
        f"UPDATE runs SET state = 'failure', {REASON} WHERE id = %(run)s AND state = 'success' RETURNING repo",
        {**reason("crashed_live", cause=cause).row(), "run": run})
    if repo is not None:
        transaction.emit("run.updated", repo=repo, run=run)
    return repo is not None
