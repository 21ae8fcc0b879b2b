"""How the store is: what waits, what was refused, how large it is."""

from __future__ import annotations

from flask import Blueprint, current_app

from common.api.events import StoreStatus

from .access import callers
from .answers import answers
from .database import Transaction, transactional
from .reports import store as reports

bp = Blueprint("status", __name__)


@bp.get("/v1/status")
@callers("dashboard", "orchestrator")
@answers(StoreStatus)
@transactional
def show(transaction: Transaction):
    """The database, the consumer of log lines, how many runs wait, and each forge for which reports wait after an attempt
    in vain or failed within a day."""
    facts = transaction.one(
        "SELECT pg_database_size(current_database()) AS size, current_setting('server_version') AS version, "
        "(SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()) AS connections, "
        "coalesce((SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits "
        "    WHERE inhparent = 'log_messages'::regclass), 0)::bigint AS log_size, "
        "(SELECT count(*) FROM runs WHERE state = 'pending') AS runs_waiting, "
        "(SELECT count(*) FROM runs WHERE state = 'running') AS runs_running")
    runs = {"waiting": facts.pop("runs_waiting"), "running": facts.pop("runs_running")}
    return {"database": {"state": "ok", **facts}, "log": current_app.extensions["consumer"].tally.view(), "runs": runs,
            "reports": reports.summary(transaction)}
