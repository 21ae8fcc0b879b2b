"""What lists of runs show of each stage: its newest job, in one question for the whole page."""

from __future__ import annotations

from collections import defaultdict

from flask import Blueprint, request

from common.api.base import Page
from common.api.runs import StageJob
from common.wire.errors import BadRequest

from ..access import callers
from ..answers import answers
from ..database import Transaction, transactional
from ..paging import whole

bp = Blueprint("stages", __name__)

MOST = 100      # runs of one question


@bp.get("/v1/stages")
@callers("dashboard")
@answers(Page[StageJob])
@transactional
def index(transaction: Transaction):
    """`?runs=1,2,3`: `{run, stage, attempt, state, code, progress, started, ended}`, times in ms since 1970."""
    runs = [text for text in request.args.get("runs", "").split(",") if text]
    if len(runs) > MOST or not all(text.isdecimal() and len(text) < 19 for text in runs):
        raise BadRequest(f"runs is a list of at most {MOST} numbers with commas between")
    return whole(newest(transaction, list(map(int, runs))))


def with_stages(transaction: Transaction, runs: list[dict]) -> list[dict]:
    """The runs, each with the newest job of each of its stages as `jobs`."""
    found: dict[int, list[dict]] = defaultdict(list)
    for job in newest(transaction, [run["id"] for run in runs]):
        found[job["run"]].append(job)
    return [{**run, "jobs": found[run["id"]]} for run in runs]


def newest(transaction: Transaction, runs: list[int]) -> list[dict]:
    """As `index` answers them, by run and stage."""
    return transaction.all(
        "SELECT DISTINCT ON (run, stage) run, stage, attempt, state, code, progress, "
        "(extract(epoch FROM started) * 1000)::bigint AS started, (extract(epoch FROM ended) * 1000)::bigint AS ended "
        "FROM jobs WHERE run = ANY(%s::bigint[]) ORDER BY run, stage, attempt DESC", (runs,))
