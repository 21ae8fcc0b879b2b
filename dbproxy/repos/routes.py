"""The repo endpoints."""

from __future__ import annotations

from flask import Blueprint, jsonify, request

from common.errors import BadRequest
from common.web import body_as

from ..access import callers
from ..bodies import Body, Name
from ..database import Transaction, transactional
from ..paging import Filters, number, paged, sorting
from ..like import contains
from . import statistics, store

bp = Blueprint("repos", __name__)

SORTS = {"name": "lower(repos.name)", "created": "repos.created", "id": "repos.id",
         "last_run": "(SELECT max(id) FROM runs WHERE repo = repos.id)"}
LAST_STATE = "(SELECT state FROM runs WHERE repo = repos.id ORDER BY id DESC LIMIT 1)"
STATES = {"live": "EXISTS (SELECT FROM deployments WHERE repo = repos.id AND state = 'live')",
          "failing": f"{LAST_STATE} IN ('failure', 'error')"}


class RepoBody(Body):
    default_branch: Name = "main"
    private: bool = False
    description: str = ""
    url: str = ""
    external_id: str | None = None


class RepoChange(Body):
    settings: dict | None = None
    last_heads: dict[str, str | None] | None = None


@bp.put("/v1/repos/<forge>/<owner>/<name>")
@callers("orchestrator", "dashboard")
@body_as(RepoBody)
@transactional
def put(transaction: Transaction, forge: str, owner: str, name: str, body: RepoBody):
    return jsonify(store.put(transaction, forge, owner, name, body.model_dump()))


@bp.get("/v1/repos")
@callers("orchestrator", "dashboard")
@transactional
def index(transaction: Transaction):
    filters = Filters()
    filters.equal("repos.forge", "forge")
    filters.equal("repos.external_id", "external_id")
    if request.args.get("q"):
        filters.add("repos.owner || '/' || repos.name ILIKE %s", contains(request.args["q"]))
    if request.args.get("state"):
        if request.args["state"] not in STATES:
            raise BadRequest(f"state is one of {', '.join(STATES)}")
        filters.add(STATES[request.args["state"]])
    if "ids" in request.args:
        filters.add("repos.id::text = ANY(%s)", request.args["ids"].split(","))
    account = number("visible_to", 0, 0, 2**62)
    on_github = request.args.get("on_github", "").split(",")
    if account and "on_github" in request.args:      # those that GitHub lets the person see; of the rest, as ever
        filters.add("CASE WHEN repos.forge = 'github' THEN repos.id::text = ANY(%s) ELSE NOT repos.private OR "
                    "EXISTS (SELECT FROM members WHERE repo = repos.id AND account = %s) END", on_github, account)
    elif account:
        filters.add("(NOT repos.private OR EXISTS (SELECT FROM members WHERE repo = repos.id AND account = %s))", account)
    return jsonify(paged(transaction, f"{store.REPO}, {store.LAST_RUN}, {store.LIVE}", "repos", filters,
                         sorting(SORTS, "-last_run") + ", repos.id"))


@bp.get("/v1/repos/<int:repo>")
@callers("orchestrator", "dashboard", "scanner", "tester")
@transactional
def show(transaction: Transaction, repo: int):
    return jsonify(store.get(transaction, repo))


@bp.get("/v1/repos/by-name/<forge>/<owner>/<name>")
@callers("orchestrator", "dashboard")
@transactional
def by_name(transaction: Transaction, forge: str, owner: str, name: str):
    return jsonify(store.by_name(transaction, forge, owner, name))


@bp.patch("/v1/repos/<int:repo>")
@callers("orchestrator", "dashboard")
@body_as(RepoChange)
@transactional
def change(transaction: Transaction, repo: int, body: RepoChange):
    return jsonify(store.change(transaction, repo, body.model_dump(exclude_none=True, exclude_unset=True)))


@bp.get("/v1/repos/<int:repo>/stats")
@callers("orchestrator", "dashboard")
@transactional
def stats(transaction: Transaction, repo: int):
    return jsonify(statistics.of_repo(transaction, repo, number("days", 30, 1, 366)))
