"""Owners' limits: the machine's defaults, over them the installation's, over these a repository's own."""

from __future__ import annotations

from flask import Blueprint
from psycopg2.extras import Json

from common.api.repos import DiskLimits, LimitsAnswer
from common.service.web import body_as
from common.wire import machine
from common.wire.contracts import Limits, LimitsChange
from common.wire.errors import BadRequest
from common.wire.limits import written

from .access import callers
from .answers import answers
from .bodies import Actor
from .database import Transaction, transactional
from .repos import store as repos

bp = Blueprint("limits", __name__)

SET = "SELECT name, value FROM limits WHERE repo IS NOT DISTINCT FROM %s"


class Change(LimitsChange):
    actor: Actor


def of_repo(transaction: Transaction, repo: int | None) -> Limits:
    """Return the limits of a repository, or of the installation for None; none is above what the machine has."""
    return _view(transaction, repo).limits


def _view(transaction: Transaction, repo: int | None) -> LimitsAnswer:
    otherwise = Limits() if repo is None else of_repo(transaction, None)
    own = {row["name"]: row["value"] for row in transaction.all(SET, (repo,))}
    limits = _on_this_machine(Limits(**otherwise.model_dump() | own))
    return LimitsAnswer(limits=limits, set=own, otherwise=otherwise)


def _on_this_machine(limits: Limits) -> Limits:
    """A database that moved to a smaller machine may name more than that one has."""
    return limits.model_copy(update={"memory": min(limits.memory, machine.memory()), "disk": min(limits.disk, machine.disk())})


def _change(transaction: Transaction, repo: int | None, body: Change) -> LimitsAnswer:
    _check(body)
    for name, value in body.model_dump(exclude={"actor"}, exclude_unset=True).items():
        if value is None:
            transaction.do("DELETE FROM limits WHERE repo IS NOT DISTINCT FROM %s AND name = %s", (repo, name))
        else:
            transaction.do("INSERT INTO limits (repo, name, value, set_by) VALUES (%s, %s, %s, %s) ON CONFLICT (repo, name) "
                           "DO UPDATE SET value = excluded.value, set_by = excluded.set_by, set_at = now()",
                           (repo, name, Json(value), body.actor))
    return _view(transaction, repo)


def _check(body: Change) -> None:
    for name, most in (("memory", machine.memory()), ("disk", machine.disk())):
        value = getattr(body, name)
        if value is not None and value > most:
            raise BadRequest(f"this machine has {most // 1024**2}m, which is less than {written(name, value)}", field=name)


@bp.get("/v1/limits")
@callers("dashboard")
@answers(LimitsAnswer)
@transactional
def show(transaction: Transaction):
    """What holds, what was set here, and what would hold without that."""
    return _view(transaction, None)


@bp.patch("/v1/limits")
@callers("dashboard")
@answers(LimitsAnswer)
@body_as(Change)
@transactional
def change(transaction: Transaction, body: Change):
    """What is named changes, null takes it back; 400 above what the machine has."""
    return _change(transaction, None, body)


@bp.get("/v1/limits/disk")
@callers("orchestrator")
@answers(DiskLimits)
@transactional
def show_disk(transaction: Transaction):
    """The bytes of each repository that has a limit of its own, and of all others."""
    rows = transaction.all("SELECT repo, value FROM limits WHERE repo IS NOT NULL AND name = 'disk'")
    return {"otherwise": of_repo(transaction, None).disk,
            "repos": {row["repo"]: min(row["value"], machine.disk()) for row in rows}}


@bp.get("/v1/repos/<int:repo>/limits")
@callers("dashboard", "orchestrator")
@answers(LimitsAnswer)
@transactional
def show_of_repo(transaction: Transaction, repo: int):
    """As for the installation, of one repository."""
    repos.get(transaction, repo)
    return _view(transaction, repo)


@bp.patch("/v1/repos/<int:repo>/limits")
@callers("dashboard")
@answers(LimitsAnswer)
@body_as(Change)
@transactional
def change_of_repo(transaction: Transaction, repo: int, body: Change):
    """As for the installation, of one repository."""
    repos.get(transaction, repo)
    answer = _change(transaction, repo, body)
    transaction.emit("repo.updated", repo=repo)
    return answer
