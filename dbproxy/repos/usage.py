"""How much of what is allowed a repo and a person use, counted in one question."""

from __future__ import annotations

from flask import Blueprint, request

from common.api.repos import RepoUsage

from ..access import callers
from ..answers import answers
from ..database import Transaction, transactional
from . import store

bp = Blueprint("usage", __name__)


@bp.get("/v1/repos/<int:repo>/usage")
@callers("dashboard")
@answers(RepoUsage)
@transactional
def show(transaction: Transaction, repo: int):
    """`?actor=`: whose waiting runs count, of all repos. `deploy`: as the newest run's .continuum.yml has it, or null."""
    store.get(transaction, repo)
    return transaction.one(
        "SELECT (SELECT count(*) FROM runs WHERE actor = %(actor)s AND state = 'pending') AS waiting, "
        "(SELECT count(*) FROM secrets WHERE repo = %(repo)s) AS secrets, "
        "(SELECT count(*) FROM deployments WHERE repo = %(repo)s AND state = 'kept') AS kept, "
        "(SELECT config -> 'deploy' FROM runs WHERE repo = %(repo)s ORDER BY id DESC LIMIT 1) AS deploy",
        {"repo": repo, "actor": request.args.get("actor", "")})
