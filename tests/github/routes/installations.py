"""Installations as their tokens and as people see them; what a client may ask about its people's tokens."""

from __future__ import annotations

import hashlib

from flask import Blueprint, abort, g, jsonify, request

from ..access import PREFIX, body, hub, live_token, not_found, person, right_on
from ..faults import refusal
from ..paging import paged
from ..shapes import people, repository
from ..state import OAuthApp, Token
from .app import shape

blueprint = Blueprint("installations", __name__, url_prefix=PREFIX)


@blueprint.get("/installation/repositories")
def reached():
    if g.token is None or g.token.installation is None:
        return refusal(403, "This endpoint requires an installation access token.")
    found = [repo for repo in hub().repos.values() if g.token.installation.reaches(repo)
             and (g.token.only is None or repo.id in g.token.only)]
    return paged(found, lambda repo: repository.listed(hub(), repo, "admin"), "repositories")


@blueprint.delete("/installation/token")
def give_up():
    if g.token is None or g.token.installation is None:
        return refusal(403, "This endpoint requires an installation access token.")
    g.token.revoked = True
    return "", 204


@blueprint.get("/user/installations")
def mine():
    me, app = person(), g.token.client and g.token.client.app
    if not app:
        return refusal(403, "You must authenticate with an access token authorized to a GitHub App in order to list "
                            "installations")
    found = [each for each in hub().installations.values() if each.app is app
             and (each.account is me or me.login in each.account.members)]
    return paged(found, shape, "installations")


@blueprint.get("/user/installations/<int:number>/repositories")
def of_mine(number: int):
    me, found = person(), hub().installations.get(number)
    if found is None or not (found.account is me or me.login in found.account.members):
        return not_found()
    repos = [repo for repo in hub().repos.values() if found.reaches(repo) and repo.right_of(me)]
    return paged(repos, lambda repo: repository.listed(hub(), repo, right_on(repo, g.token)), "repositories")


@blueprint.post("/applications/<client_id>/token")
def check(client_id: str):
    found = _told(client_id)
    return jsonify(_authorization(found)) if found else not_found()


@blueprint.delete("/applications/<client_id>/token")
@blueprint.delete("/applications/<client_id>/grant", endpoint="revoke_grant")
def revoke(client_id: str):
    found = _told(client_id)
    if found is None:
        return refusal(422, "Validation Failed")
    found.revoked = True
    return "", 204


def _told(client_id: str) -> Token | None:
    """The token that the body names, where it is this client's; the client proves itself by its secret."""
    client: OAuthApp | None = hub().clients.get(client_id)
    given = request.authorization
    known = given and given.type == "basic" and client and (given.username, given.password) == (client_id, client.secret)
    if not known:
        abort(refusal(401, "Bad credentials") if client else not_found())
    found = live_token(str(body().get("access_token", "")))
    return found if found and found.client is client else None


def _authorization(found: Token) -> dict:
    url = f"{hub().api}/authorizations/{found.account.id}"
    return {"id": found.account.id, "url": url, "token": found.value, "token_last_eight": found.value[-8:],
            "hashed_token": hashlib.sha256(found.value.encode()).hexdigest(), "scopes": found.scopes, "note": None,
            "app": {"client_id": found.client.client_id, "name": found.client.name, "url": found.client.url},
            "note_url": None, "created_at": hub().now(), "updated_at": hub().now(), "fingerprint": None,
            "expires_at": None, "user": people.simple(hub(), found.account)}
