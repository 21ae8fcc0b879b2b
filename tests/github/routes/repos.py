"""Repositories: the person's list, and one."""

from __future__ import annotations

from flask import Blueprint, g, jsonify, request

from ..access import PREFIX, hub, invalid, need, not_found, person, right_on
from ..paging import paged
from ..shapes import people, repository
from ..state import Account, Repo

blueprint = Blueprint("repos", __name__, url_prefix=PREFIX)

LEVELS = {"admin": "admin", "maintain": "write", "push": "write", "triage": "read", "pull": "read"}


@blueprint.get("/user/repos")
def mine():
    me = person()
    given = set(request.args.get("affiliation", "owner,collaborator,organization_member").split(","))
    if "type" in request.args and {"affiliation", "visibility"} & set(request.args):
        return invalid("If you specify visibility or affiliation, you cannot specify type.")
    found = [repo for repo in list(hub().repos.values())
             if _affiliations(repo, me) & given and right_on(repo, g.token)]
    wanted = request.args.get("visibility", "all")
    found = [repo for repo in found if wanted == "all" or repo.private == (wanted == "private")]
    return paged(_sorted(found), lambda repo: repository.listed(hub(), repo, right_on(repo, g.token)))


def _affiliations(repo: Repo, me: Account) -> set[str]:
    if repo.owner is me:
        return {"owner"}
    named = {"collaborator"} if me.login in repo.rights and me.login not in repo.owner.members else set()
    through = me.login in repo.rights or repo.owner.members.get(me.login) == "admin"
    return named | ({"organization_member"} if me.login in repo.owner.members and through else set())


def _sorted(found: list[Repo]) -> list[Repo]:
    if request.args.get("sort", "full_name") == "full_name":
        return sorted(found, key=lambda repo: repo.path.lower(), reverse=request.args.get("direction") == "desc")
    return sorted(found, key=lambda repo: repo.id, reverse=request.args.get("direction", "desc") == "desc")


@blueprint.get("/orgs/<login>/repos")
def of_org(login: str):
    org = hub().accounts.get(login.lower())
    if org is None or org.kind != "Organization":
        return not_found()
    found = [repo for repo in hub().repos.values() if repo.owner is org and right_on(repo, g.token)]
    return paged(_sorted(found), lambda repo: repository.listed(hub(), repo, right_on(repo, g.token)))


@blueprint.get("/repos/<owner>/<name>")
def one(owner: str, name: str):
    repo = need(owner, name)
    return jsonify(repository.whole(hub(), repo, right_on(repo, g.token) if g.token else None))


@blueprint.get("/repos/<owner>/<name>/collaborators/<login>/permission")
def permission(owner: str, name: str, login: str):
    repo = need(owner, name, "push")
    account = hub().accounts.get(login.lower())
    if account is None:
        return not_found()
    right = repo.right_of(account)
    user = {**people.simple(hub(), account), "permissions": repository.permissions(right), "role_name": _role(right)}
    return jsonify(permission=LEVELS.get(right, "none"), role_name=_role(right), user=user)


def _role(right: str | None) -> str:
    return {"pull": "read", "push": "write", None: "none"}.get(right, right)
