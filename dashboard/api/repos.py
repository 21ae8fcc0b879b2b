"""Repositories: list, add, statistics, and what can run."""

from __future__ import annotations

from flask import g

from common.wire.errors import BadRequest, NotFound

from ..auth import at_forge
from ..auth.actor import current
from ..clients import db, orchestrator
from . import shapes
from .answers import ForgeRepo, Kinds, Page, Refs, RefUpdate, Repo, Stats
from .audit import audit
from .endpoint import endpoint
from .inputs import ForgeQuery, Paging, RefQuery, RepoAdd, RepoQuery, StatsQuery
from .stages import add_jobs

TAG = "Repositories"


@endpoint("GET", "/repos", right="account", tag=TAG)
def list_repos(query: RepoQuery) -> Page[Repo]:
    """Repositories that you may see, with their last run and what is live. `q` finds parts of owner/name."""
    found = _owners(query) if current().owner else _members(query)
    add_jobs([repo.last_run for repo in found.items if repo.last_run and repo.last_run.state == "running"])
    return found


def _owners(query: RepoQuery) -> Page[Repo]:
    return shapes.page(db.repos.page(**query.filters()), Repo, lambda row: shapes.repo(row, "admin"))


def _members(query: RepoQuery) -> Page[Repo]:
    rights = {row.repo: row.right for row in db.members.of_account(current().id)}
    if current().known_at_forge:
        return _members_at_forge(query, rights)
    found = db.repos.page(**query.filters(), visible_to=current().id)
    return shapes.page(found, Repo, lambda row: shapes.repo(row, rights.get(row.id, "read")))


def _members_at_forge(query: RepoQuery, local: dict[int, str]) -> Page[Repo]:
    """From the forge's list of what is theirs; where that is older than a minute, what is shown is asked for once more."""
    forge, seen = at_forge.hub_of(current()), at_forge.seen(current())
    found = db.repos.visible(current().id, forge, list(seen.rights), **query.filters())
    there = [row for row in found.items if row.forge == forge]
    rights = {row.id: seen.rights[row.id] for row in there} if seen.fresh else at_forge.rights_now(current(), there)
    shown = [row for row in found.items if row.forge != forge or row.id in rights]
    return shapes.page(found.model_copy(update={"items": shown}), Repo,
                       lambda row: shapes.repo(row, rights.get(row.id) or local.get(row.id, "read")))


@endpoint("POST", "/repos", right="owner", status=201, tag=TAG,
          also={200: "the repository was there; what the forge says of it is fresh now",
                404: "the forge has no such repository"})
def add_repo(body: RepoAdd) -> Repo:
    """Add a repository that the forge has, or refresh what is known of it."""
    found, known = _on_forge(body), _known(body)
    kept = db.repos.put(body.forge, body.owner, body.name, default_branch=found.get("default_branch") or "main",
                        private=found.get("private", True), description=found.get("description") or "",
                        url=found.get("url") or "", external_id=found.get("external_id"))
    if not known:
        audit("repo.add", f"{body.owner}/{body.name}", body.forge)
    return shapes.repo(kept, "admin"), 200 if known else 201


@endpoint("GET", "/forges/<forge:forge>/repos", right="owner", tag=TAG)
def list_forge_repos(forge: str, query: ForgeQuery) -> Page[ForgeRepo]:
    """Repositories that the forge has, added or not."""
    answer = orchestrator.get(f"/v1/forges/{forge}/repos", params={"q": query.q, "page": query.page})
    items = answer["items"]
    return Page[ForgeRepo](items=items, total=answer.get("total", len(items)), page=query.page,
                           per_page=answer.get("per_page", max(1, len(items))))


@endpoint("GET", "/repos/<id:repo>", right="read", tag=TAG)
def get_repo() -> Repo:
    """One repository by its number."""
    return shapes.repo(g.repo, g.right)


@endpoint("GET", "/repos/<forge:forge>/<name:owner>/<name:name>", right="read", tag=TAG)
def get_repo_by_name() -> Repo:
    """One repository by forge, owner and name."""
    return get_repo()


@endpoint("GET", "/repos/<id:repo>/stats", right="read", tag=TAG)
def repo_stats(repo: int, query: StatsQuery) -> Stats:
    """How its runs ended in the last `days`; `waiting` are pending and running."""
    return shapes.answer(Stats, db.repos.stats(repo, query.days))


@endpoint("GET", "/repos/<id:repo>/kinds", right="read", tag=TAG)
def repo_kinds(repo: int, query: RefQuery) -> Kinds:
    """Which kinds of run can start now, and for the others why not."""
    answer = orchestrator.get(f"/v1/repos/{repo}/kinds", params={"ref": query.ref} if query.ref else {})
    return Kinds(kinds=answer)


@endpoint("GET", "/repos/<id:repo>/refs", right="read", tag=TAG)
def repo_refs() -> Refs:
    """Branches and tags, as the forge says; the default branch first."""
    found = Refs.model_validate(orchestrator.get(f"{at_forge.address(g.repo)}/refs"))
    found.branches.sort(key=lambda ref: ref.name != found.default_branch)
    return found


@endpoint("GET", "/repos/<id:repo>/ref-updates", right="read", tag=TAG)
def list_ref_updates(repo: int, query: Paging) -> Page[RefUpdate]:
    """The last changes of branches, tags and pull requests, newest first: the run that each started, or why none."""
    return shapes.page(db.ref_updates.page(repo, **query.filters()), RefUpdate)


def _on_forge(body: RepoAdd) -> dict:
    try:
        answer = orchestrator.get(f"/v1/forges/{body.forge}/repos", params={"q": f"{body.owner}/{body.name}"})
    except BadRequest as problem:
        raise NotFound(problem.detail) from problem
    for found in answer["items"]:
        if (found["owner"], found["name"]) == (body.owner, body.name):
            return found
    raise NotFound(f"the forge {body.forge} has no repository {body.owner}/{body.name}")


def _known(body: RepoAdd) -> bool:
    try:
        return bool(db.repos.by_name(body.forge, body.owner, body.name))
    except NotFound:
        return False
