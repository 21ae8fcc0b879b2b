"""The repo endpoints."""

from __future__ import annotations

from flask import Blueprint, current_app, request
from pydantic import Field

from common.api.base import Items, Page
from common.api.repos import KnownRepo, Repo, RepoSettings, RepoState, RepoStats
from common.service.web import body_as
from common.wire.errors import BadRequest

from ..access import callers
from ..answers import answers
from ..bodies import Body, Name, change_of
from ..database import Transaction, transactional
from ..like import contains
from ..paging import Filters, flag, number, paged, sorting
from ..states import FAILED
from . import removal, statistics, store

bp = Blueprint("repos", __name__)

SORTS = {"name": "lower(repos.name)", "created": "repos.created", "id": "repos.id",
         "last_run": "(SELECT max(id) FROM runs WHERE repo = repos.id)"}
LAST_STATE = "(SELECT state FROM runs WHERE repo = repos.id ORDER BY id DESC LIMIT 1)"
STATES = {"live": "EXISTS (SELECT FROM deployments WHERE repo = repos.id AND state = 'live')",
          "failing": f"{LAST_STATE} IN {FAILED}"}


class RepoBody(Body):
    default_branch: Name = "main"
    private: bool = False
    description: str = ""
    url: str = ""
    external_id: str | None = None


SettingsChange, StateChange = change_of(RepoSettings), change_of(RepoState)


class RepoChange(Body):
    settings: SettingsChange | None = None
    state: StateChange | None = None
    last_heads: dict[str, str | None] | None = None


@bp.put("/v1/repos/<forge>/<owner>/<name>")
@callers("orchestrator", "dashboard")
@answers(Repo)
@body_as(RepoBody)
@transactional
def put(transaction: Transaction, forge: str, owner: str, name: str, body: RepoBody):
    """Insert or update, by `external_id` where one is given: a renamed repository keeps its row, and one that took over its name
    gets another. `app`, the first label of its host name, is chosen once.
    `?found=true`: seen in a folder, not asked for by anybody; 409 `removed` where somebody removed it.
    """
    if flag("found"):
        removal.refuse_removed(transaction, forge, owner, name)
    else:
        removal.welcome_back(transaction, forge, owner, name)
    return store.put(transaction, forge, owner, name, body.model_dump(), current_app.extensions["reserved_apps"])


class Seen(Body):
    """Whose list it is, and which repositories of `forge` that forge lets them see: too many for an address."""

    account: int = Field(ge=1)
    forge: str = Field(min_length=1, max_length=100)
    theirs: list[int] = Field(max_length=100_000)


@bp.post("/v1/repos/visible")
@callers("dashboard")
@answers(Page[Repo])
@body_as(Seen)
@transactional
def visible(transaction: Transaction, body: Seen):
    """As `GET /v1/repos`, with its filters, of what that account may see."""
    filters = _filters()
    filters.add("CASE WHEN repos.forge = %s THEN repos.id = ANY(%s) ELSE NOT repos.private OR EXISTS (SELECT FROM members "
                "WHERE repo = repos.id AND account = %s) END", body.forge, body.theirs, body.account)
    return _listed(transaction, filters)


@bp.get("/v1/repos/known")
@callers("dashboard")
@answers(Items[KnownRepo])
@transactional
def known(transaction: Transaction):
    """Every repository of a forge, with little of each."""
    return {"items": transaction.all(
        "SELECT id, owner, name, private, external_id FROM repos WHERE forge = %s ORDER BY id", (request.args.get("forge"),))}


@bp.get("/v1/repos")
@callers("orchestrator", "dashboard")
@answers(Page[Repo])
@transactional
def index(transaction: Transaction):
    """Filters: `q forge external_id state=live|failing ids visible_to shared_with`; sorted by `last_run name created id`."""
    filters = _filters()
    account = number("visible_to", 0, 0, 2**62)
    if account:
        filters.add("(NOT repos.private OR EXISTS (SELECT FROM members WHERE repo = repos.id AND account = %s))", account)
    return _listed(transaction, filters)


def _filters() -> Filters:
    filters = Filters()
    filters.equal("repos.forge", "forge")
    filters.equal("repos.external_id", "external_id")
    if request.args.get("q"):
        filters.add("repos.owner || '/' || repos.name ILIKE %s", contains(request.args["q"]))
    if request.args.get("state"):
        if request.args["state"] not in STATES:
            raise BadRequest(f"state is one of {', '.join(STATES)}")
        filters.add(STATES[request.args["state"]])
    if request.args.get("ids") == "":      # none are named, which is not the same as naming nothing
        filters.add("false")
    filters.numbers("repos.id", "ids")
    if request.args.get("shared_with"):    # owner/name: those that let it, or all of its owner, have them as submodules
        path = request.args["shared_with"]
        filters.add("repos.settings -> 'shared_with' ?| %s", [path, path.partition("/")[0]])
    return filters


def _listed(transaction: Transaction, filters: Filters) -> dict:
    return paged(transaction, f"{store.REPO}, {store.LAST_RUN}, {store.LIVE}", "repos", filters,
                 sorting(SORTS, "-last_run") + ", repos.id")


@bp.get("/v1/repos/<int:repo>")
@callers("orchestrator", "dashboard", "scanner", "tester")
@answers(Repo)
@transactional
def show(transaction: Transaction, repo: int):
    """With the newest run and what is live."""
    return store.get(transaction, repo)


@bp.get("/v1/repos/by-name/<forge>/<owner>/<name>")
@callers("orchestrator", "dashboard")
@answers(Repo)
@transactional
def by_name(transaction: Transaction, forge: str, owner: str, name: str):
    """Names are compared without regard to case."""
    return store.by_name(transaction, forge, owner, name)


@bp.patch("/v1/repos/<int:repo>")
@callers("orchestrator", "dashboard")
@answers(Repo)
@body_as(RepoChange)
@transactional
def change(transaction: Transaction, repo: int, body: RepoChange):
    """Each part is merged key by key; a null takes a key out, so that its default holds again."""
    return store.change(transaction, repo, {name: value for name, value in body.given().items() if value is not None})


@bp.get("/v1/repos/<int:repo>/stats")
@callers("orchestrator", "dashboard")
@answers(RepoStats)
@transactional
def stats(transaction: Transaction, repo: int):
    """Of the last `days` (30), by day in UTC."""
    return statistics.of_repo(transaction, repo, number("days", 30, 1, 366))
