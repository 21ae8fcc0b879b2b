"""Who may do what: tokens, scopes, an App's permissions, and repositories of others that are not there."""

from __future__ import annotations

import re

from flask import Response, abort, current_app, g, jsonify, redirect, request

from .faults import DOCS, refusal
from .hub import GitHub
from .state import RIGHTS, Account, Repo, Token

PREFIX = "/api/v3"


def hub() -> GitHub:
    return current_app.extensions["github"]


def live_token(value: str) -> Token | None:
    found = hub().tokens.get(value)
    gone = found is None or found.revoked or (found.expires is not None and hub().clock() >= found.expires)
    return None if gone else found


def not_found() -> Response:
    return refusal(404, "Not Found")


def invalid(message: str = "Validation Failed", *errors: dict) -> Response:
    answer = jsonify(message=message, errors=list(errors), documentation_url=DOCS, status="422")
    answer.status_code = 422
    return answer


def body() -> dict:
    given = request.get_json(silent=True)
    if given is None and not request.get_data():
        return {}
    if not isinstance(given, dict):
        abort(refusal(400, "Problems parsing JSON"))
    return given


def person() -> Account:
    """Who signed in; an installation and nobody are refused."""
    if g.token is None:
        abort(refusal(401, "Requires authentication"))
    if g.token.account is None:
        abort(refusal(403, "Resource not accessible by integration"))
    return g.token.account


def acting() -> Account:
    """Whose name stands on what is made."""
    return author(g.token)


def author(token: Token) -> Account:
    """The person, or the App's bot."""
    return token.account or token.installation.app.bot


def need(owner: str, name: str, right: str = "pull", permission: str = "metadata", level: str = "read") -> Repo:
    """The repository, where whoever asks may do that there; a person needs `right`, an App `permission` at `level`."""
    path = f"{owner}/{name}"
    repo = hub().find(path)
    if repo is None and path.lower() in hub().moved:
        repo = hub().repos.get(hub().moved[path.lower()])
        if repo is not None and right_on(repo, g.token):
            abort(_moved(repo))
        repo = None
    held = right_on(repo, g.token) if repo else None
    if held is None:
        abort(not_found())
    if not _app_may(g.token, permission, level):
        abort(refusal(403, "Resource not accessible by integration"))
    if RIGHTS.index(held) < RIGHTS.index(right) or (level == "write" and g.token is None):
        abort(not_found())
    if repo.archived and level == "write":
        abort(refusal(403, "Repository was archived so is read-only."))
    return repo


def _moved(repo: Repo) -> Response:
    rest = re.sub(rf"^{PREFIX}/repos/[^/]+/[^/]+", "", request.full_path.rstrip("?"))
    url = f"{hub().api}/repositories/{repo.id}{rest}"
    answer = redirect(url, 301 if request.method == "GET" else 307)
    answer.set_data(jsonify(message="Moved Permanently", url=url, documentation_url=DOCS).get_data())
    answer.mimetype = "application/json"
    return answer


def right_on(repo: Repo, token: Token | None) -> str | None:
    """The most that `token` may do there: the person's right, cut by scopes, by the App's reach and by archiving."""
    if token is None:
        return repo.right_of(None)
    if token.installation:
        reached = token.installation.reaches(repo) and (token.only is None or repo.id in token.only)
        return "admin" if reached else repo.right_of(None)
    right = repo.right_of(token.account)
    if token.client and token.client.app:
        reached = any(each.app is token.client.app and each.reaches(repo) for each in hub().installations.values())
        return right if reached else repo.right_of(None)
    if "repo" in token.scopes or (not repo.private and "public_repo" in token.scopes):
        return right
    return None if repo.private else right and "pull"


def _app_may(token: Token | None, permission: str, level: str) -> bool:
    if token is None or not (token.installation or (token.client and token.client.app)):
        return True
    held = token.permissions if token.installation else token.client.app.permissions
    return permission == "metadata" or held.get(permission) == "write" or held.get(permission) == level
