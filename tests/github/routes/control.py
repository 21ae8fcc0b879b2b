"""For a test in another process: the calls of `hub.GitHub` by HTTP. Not GitHub's; no client of ours knows of it.

    POST /_control/user         {login}                       POST /_control/revoke   {token}
    POST /_control/revoke-all   {login}
    POST /_control/org          {login, members: {login: admin|member}}
    POST /_control/repo         {path, files, private, branch, rights, description}
    POST /_control/rights       {path, login, right: null|pull|push|admin}
    POST /_control/oauth-app    {callback} -> {client_id, client_secret}
    POST /_control/token        {login, scopes} -> {token}
    POST /_control/fork         {path, owner}
    POST /_control/commit       {path, files, branch, message, by} -> {sha}
    POST /_control/pull         {base, head, head_ref, title, author} -> {number, head_sha}
    POST /_control/close        {path, number}
    POST /_control/move         {path, to}                    POST /_control/delete   {path}
    POST /_control/change       {path, action, fields}        POST /_control/install  {slug, login}
    POST /_control/fault        {kind, path, method, times, seconds}, or {clear: true}
    POST /_control/limit        {limit}                       POST /_control/lost     {lost}
    GET  /_control/repo?path=   statuses, deployments, comments, checks, hooks
    GET  /_control/deliveries   each try: event, action, url, status, guid
    GET  /_control/seen         requests: [method, path, status]
"""

from __future__ import annotations

from flask import Blueprint, abort, jsonify, request

from ..access import hub
from ..state import Repo

blueprint = Blueprint("control", __name__, url_prefix="/_control")


def _repo(path: str) -> Repo:
    return hub().find(path) or abort(404)


def _user(login: str) -> dict:
    return {"id": hub().user(login).id}


def _org(login: str, members: dict) -> dict:
    return {"id": hub().org(login, **members).id}


def _make_repo(path: str, **fields) -> dict:
    return {"id": hub().repo(path, **fields).id}


def _rights(path: str, login: str, right: str | None) -> dict:
    rights = _repo(path).rights
    rights.pop(login, None)
    if right:
        rights[login] = right
    return {}


def _oauth_app(callback: str) -> dict:
    made = hub().oauth_app(callback)
    return {"client_id": made.client_id, "client_secret": made.secret}


def _token(login: str, scopes: list[str]) -> dict:
    return {"token": hub().token(login, *scopes).value}


def _revoke(token: str) -> dict:
    hub().revoke(token)
    return {}


def _revoke_all(login: str) -> dict:
    """Each token of a person, as when they take the application's access away on GitHub's page."""
    for token in list(hub().tokens.values()):
        token.revoked |= token.account is hub().account(login)
    return {}


def _fork(path: str, owner: str) -> dict:
    return {"id": hub().fork(_repo(path), owner).id}


def _commit(path: str, files: dict, **more) -> dict:
    return {"sha": hub().commit(_repo(path), files, **more)}


def _pull(base: str, head: str, head_ref: str, author: str, title: str = "A change") -> dict:
    made = hub().pull(_repo(base), _repo(head), head_ref, title=title, author=author)
    return {"number": made.number, "head_sha": made.head_sha}


def _close(path: str, number: int) -> dict:
    hub().close(_repo(path).pulls[number])
    return {}


def _move(path: str, to: str) -> dict:
    hub().move(_repo(path), to)
    return {}


def _delete(path: str) -> dict:
    hub().delete(_repo(path))
    return {}


def _change(path: str, action: str, fields: dict) -> dict:
    hub().change(_repo(path), action, **fields)
    return {}


def _install(slug: str, login: str) -> dict:
    app = next(each for each in hub().apps.values() if each.slug == slug)
    return {"id": hub().install(app, login).id}


def _fault(clear: bool = False, **rule) -> dict:
    if clear:
        hub().faults.clear()
    else:
        hub().faults.add(**rule)
    return {}


def _limit(limit: int) -> dict:
    hub().limits.limit = limit
    return {}


def _lost(lost: bool) -> dict:
    hub().outbox.lost = lost
    return {}


CALLS = {"user": _user, "org": _org, "repo": _make_repo, "rights": _rights, "oauth-app": _oauth_app, "token": _token,
         "revoke": _revoke, "revoke-all": _revoke_all, "fork": _fork, "commit": _commit, "pull": _pull, "close": _close,
         "move": _move, "delete": _delete, "change": _change, "install": _install, "fault": _fault, "limit": _limit,
         "lost": _lost}


@blueprint.post("/<call>")
def call(call: str):
    return jsonify(CALLS[call](**request.get_json()))


@blueprint.get("/repo")
def repo():
    found = _repo(request.args["path"])
    return jsonify(id=found.id, statuses=found.statuses, comments=list(found.comments.values()),
                   deployments=[{**each, "statuses": found.deployment_statuses.get(number, [])}
                                for number, each in found.deployments.items()],
                   checks=list(found.checks.values()),
                   hooks=[{"id": each.id, "url": each.url, "events": each.events} for each in found.hooks.values()])


@blueprint.get("/deliveries")
def deliveries():
    return jsonify([{"id": each.id, "guid": each.guid, "event": each.event, "action": each.action, "url": each.url,
                     "status": each.status, "answer": each.answer} for each in hub().outbox.deliveries])


@blueprint.get("/seen")
def seen():
    return jsonify(hub().seen)
