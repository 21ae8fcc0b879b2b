"""An App about itself: who it is, where it is installed, tokens for an installation. By its own signed token (JWT)."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from flask import Blueprint, abort, g, jsonify

from ..access import PREFIX, body, hub, invalid, need, not_found
from ..apps import signer
from ..faults import refusal
from ..paging import paged
from ..shapes import apps, repository
from ..state import App, Installation, Token

blueprint = Blueprint("app_calls", __name__, url_prefix=PREFIX)

HOUR = 3600      # seconds that an installation's token lives


def itself() -> App:
    if g.jwt is None:
        abort(refusal(401, "A JSON web token could not be decoded"))
    return signer(hub(), g.jwt) or abort(refusal(401, "A JSON web token could not be decoded"))


def shape(found: Installation) -> dict:
    return apps.installation(hub(), found)


@blueprint.get("/app")
def about():
    return jsonify(apps.app(hub(), itself()))


@blueprint.get("/app/installations")
def installations():
    app = itself()
    return paged([each for each in hub().installations.values() if each.app is app], shape)


@blueprint.get("/app/installations/<int:number>")
def installation(number: int):
    return jsonify(shape(_own(itself(), number)))


@blueprint.get("/repos/<owner>/<name>/installation")
def of_repo(owner: str, name: str):
    app, repo = itself(), hub().find(f"{owner}/{name}")
    if repo is None:
        return _elsewhere(app, owner, name)
    found = next((each for each in hub().installations.values() if each.app is app and each.covers(repo)), None)
    return jsonify(shape(found)) if found else not_found()


def _elsewhere(app: App, owner: str, name: str):
    """Renamed: the way there, for an App that is installed on it."""
    moved = hub().repos.get(hub().moved.get(f"{owner}/{name}".lower(), 0))
    if moved and any(each.app is app and each.reaches(moved) for each in hub().installations.values()):
        g.token = Token("", app.owner, ["repo"])
        return need(owner, name)
    return not_found()


@blueprint.post("/app/installations/<int:number>/access_tokens")
def access_token(number: int):
    found, given = _own(itself(), number), body()
    if found.suspended:
        return refusal(403, "This installation has been suspended")
    wanted = given.get("permissions", found.app.permissions)
    if any(found.app.permissions.get(name) not in ("write", level) for name, level in wanted.items()):
        return invalid("The permissions requested are not granted to this installation.")
    only = _chosen(found, given)
    if only is not None and not all(found.reaches(hub().repos[each]) for each in only if each in hub().repos):
        return invalid("There is at least one repository that does not exist or is not accessible to the parent "
                       "installation.")
    made = hub().keep(Token("ghs_" + secrets.token_hex(18), None, [], found.app.oauth, found, only, wanted,
                            hub().clock() + HOUR))
    until = datetime.fromtimestamp(made.expires, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    listed = {} if only is None else {"repositories": [
        repository.listed(hub(), hub().repos[each], "admin") for each in only if each in hub().repos]}
    return jsonify(token=made.value, expires_at=until, permissions=wanted, **listed,
                   repository_selection="all" if found.repos is None and only is None else "selected"), 201


def _chosen(found: Installation, given: dict) -> list[int] | None:
    """Ids of the repositories that the token is asked for; None: for all of the installation."""
    if "repository_ids" in given:
        return given["repository_ids"]
    if "repositories" not in given:
        return None
    repos = [hub().find(f"{found.account.login}/{name}") for name in given["repositories"]]
    if None in repos:
        abort(invalid("There is at least one repository that does not exist or is not accessible to the parent "
                      "installation."))
    return [repo.id for repo in repos]


def _own(app: App, number: int) -> Installation:
    found = hub().installations.get(number)
    return found if found and found.app is app else abort(not_found())
