"""The end of a repo: everything that is of it goes in one transaction, and finding its folder again adds nothing."""

from __future__ import annotations

from flask import Blueprint

from common.api.repos import PushedImages
from common.service.web import body_as
from common.wire.errors import Conflict

from ..access import callers
from ..answers import answers
from ..bodies import Actor, Body
from ..database import Transaction, transactional
from ..paging import flag
from ..states import NOT_OVER

bp = Blueprint("removal", __name__)

OF_RUNS = ("log_messages", "scans", "test_reports", "jobs")            # by their run; findings and cases cascade
OF_REPO = ("waivers", "secrets", "members", "deployments", "deliveries", "pulls",
           "ref_updates", "reports", "runs")                                              # by their repo, in an order that keys allow


class Removal(Body):
    actor: Actor


IMAGE = "jobs.outputs -> 'image'"
NEEDED = f"""SELECT digest FROM deployments WHERE repo = %(repo)s AND state IN ('candidate', 'live', 'kept')
    UNION SELECT {IMAGE} ->> 'digest' FROM jobs JOIN runs ON runs.id = jobs.run WHERE repo = %(repo)s AND stage = 'build'
    AND (runs.state IN {NOT_OVER} OR jobs.run = (SELECT max(run) FROM jobs JOIN runs ON runs.id = jobs.run
    WHERE repo = %(repo)s AND stage = 'build' AND jobs.state = 'success'))"""


@bp.get("/v1/repos/<int:repo>/images")
@callers("orchestrator")
@answers(PushedImages)
@transactional
def images(transaction: Transaction, repo: int):
    """What was pushed for this repo, and for no other: a repo that was renamed may have left its name to another.

    `?unused=true`: without those that serve, are kept for a rollback, belong to a run that is not over, or are the newest.
    """
    of = (f"SELECT DISTINCT {IMAGE} ->> 'repository' AS repository, {IMAGE} ->> 'digest' AS digest FROM jobs "
          f"JOIN runs ON runs.id = jobs.run WHERE stage = 'build' AND {IMAGE} ->> 'digest' IS NOT NULL AND ")
    found = transaction.all(f"{of} repo = %s EXCEPT {of} repo <> %s", (repo, repo))
    needed = {row["digest"] for row in transaction.all(NEEDED, {"repo": repo})} if flag("unused") else set()
    return {"images": [image for image in found if image["digest"] not in needed]}


@bp.delete("/v1/repos/<int:repo>")
@callers("orchestrator")
@body_as(Removal)
@transactional
def remove(transaction: Transaction, repo: int, body: Removal):
    """204, repeatable; 409 `active` while a run is not over."""
    row = transaction.one("SELECT forge, lower(owner) AS owner, lower(name) AS name FROM repos WHERE id = %s "
                          "FOR UPDATE", (repo,))
    if row is None:
        return "", 204
    active = transaction.value(f"SELECT id FROM runs WHERE repo = %s AND state IN {NOT_OVER} LIMIT 1",
                               (repo,))
    if active:
        raise Conflict(f"run {active} is not over: cancel it first", error="active")
    _remove_rows(transaction, repo)
    transaction.do("INSERT INTO removed_repos (forge, owner, name, by) VALUES (%s, %s, %s, %s) "
                   "ON CONFLICT (forge, owner, name) DO UPDATE SET by = excluded.by, at = now()",
                   (row["forge"], row["owner"], row["name"], body.actor))
    transaction.emit("repo.updated", repo=repo)
    return "", 204


def _remove_rows(transaction: Transaction, repo: int) -> None:
    digests = [row["digest"] for row in transaction.all(
        "SELECT digest FROM scans JOIN runs ON runs.id = scans.run WHERE repo = %s "
        "UNION SELECT digest FROM deployments WHERE repo = %s", (repo, repo))]
    transaction.do("DELETE FROM documents WHERE run IN (SELECT id FROM runs WHERE repo = %s)", (repo,))
    for table in OF_RUNS:
        transaction.do(f"DELETE FROM {table} WHERE run IN (SELECT id FROM runs WHERE repo = %s)", (repo,))
    for table in OF_REPO:
        transaction.do(f"DELETE FROM {table} WHERE repo = %s", (repo,))
    transaction.do("DELETE FROM documents WHERE digest = ANY(%s) AND NOT EXISTS "
                   "(SELECT FROM scans WHERE scans.digest = documents.digest) AND NOT EXISTS "
                   "(SELECT FROM deployments WHERE deployments.digest = documents.digest)", (digests,))
    transaction.do("DELETE FROM repos WHERE id = %s", (repo,))


def refuse_removed(transaction: Transaction, forge: str, owner: str, name: str) -> None:
    """For what was merely found in a folder; raises Conflict `removed`."""
    if transaction.one("SELECT FROM removed_repos WHERE forge = %s AND owner = lower(%s) AND name = lower(%s)",
                       (forge, owner, name)) is not None:
        raise Conflict(f"{owner}/{name} was removed here; an owner can add it again", error="removed")


def welcome_back(transaction: Transaction, forge: str, owner: str, name: str) -> None:
    """Somebody adds it by name."""
    transaction.do("DELETE FROM removed_repos WHERE forge = %s AND owner = lower(%s) AND name = lower(%s)",
                   (forge, owner, name))
