"""Who asks, their organizations, and all that they can reach."""

from __future__ import annotations

from flask import Blueprint, jsonify

from .. import shapes
from ..gate import Refuse, the_world, viewer
from ..world import Person
from . import paged, path


def add(app: Blueprint) -> None:
    app.get(path("/user"))(show)
    app.get(path("/user/orgs"))(orgs)
    app.get(path("/user/repos"))(repos)
    app.get(path("/orgs/<org>/members/<login>"))(is_member)


def me() -> Person:
    if not viewer().login:
        raise Refuse(401, "Requires authentication")
    return the_world().people[viewer().login]


def show():
    return jsonify(shapes.private_user(me()))


def orgs():
    world = the_world()
    return paged([world.people[login] for login in sorted(me().orgs)], shapes.organization)


def repos():
    who = me().login
    found = [repo for repo in the_world().repos.values() if who in repo.rights and viewer().level(repo)]
    return paged(sorted(found, key=lambda repo: repo.path.casefold()), shapes.repository)


def is_member(org: str, login: str):
    person = the_world().people.get(login)
    if person is None or org not in person.orgs:
        raise Refuse(404, "Not Found")
    return "", 204
