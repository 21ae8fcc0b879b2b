"""Who asks, and their organisations."""

from __future__ import annotations

from flask import Blueprint, abort, g, jsonify

from ..access import PREFIX, hub, not_found, person
from ..faults import refusal
from ..paging import paged
from ..shapes import people

blueprint = Blueprint("people", __name__, url_prefix=PREFIX)


@blueprint.get("/user")
def user():
    return jsonify(people.whole(hub(), person()))


@blueprint.get("/users/<login>")
def another(login: str):
    account = hub().accounts.get(login.lower())
    if account is None:
        return not_found()
    return jsonify({**people.whole(hub(), account), "user_view_type": "public"})


@blueprint.get("/user/orgs")
def orgs():
    _read_org()
    return paged(_orgs(), lambda org: people.organization(hub(), org))


@blueprint.get("/user/memberships/orgs")
def memberships():
    _read_org()
    return paged(_orgs(), lambda org: people.membership(hub(), org, person()))


@blueprint.get("/user/memberships/orgs/<login>")
def membership(login: str):
    _read_org()
    org = hub().accounts.get(login.lower())
    if org is None or person().login not in org.members:
        return not_found()
    return jsonify(people.membership(hub(), org, person()))


def _orgs() -> list:
    me = person().login
    return sorted((one for one in hub().accounts.values() if me in one.members), key=lambda one: one.login.lower())


def _read_org() -> None:
    person()
    of_app = g.token.client and g.token.client.app
    if not of_app and not {"read:org", "admin:org", "write:org", "repo", "user"} & set(g.token.scopes):
        abort(refusal(403, "You need at least read:org scope or user scope to list your organizations."))


@blueprint.get("/rate_limit")
def rate_limit():
    told = hub().limits.told(g.token)
    return jsonify(resources={"core": told, "search": {**told, "limit": 30, "remaining": 30, "used": 0}}, rate=told)


@blueprint.get("/meta")
def meta():
    return jsonify(verifiable_password_authentication=False, installed_version="3.19.0")

