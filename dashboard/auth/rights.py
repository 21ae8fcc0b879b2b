"""Every route declares the right that it needs, or nobody gets in.

    public    anyone
    account   anyone signed in
    owner     owners of this installation
    read      may see the repo that the address names
    write     may also run, retry, cancel, roll back
    admin     may also stop, waive, set secrets and settings

The repo is found from the address (`targets.py`). What one may not see is 404, the same as unknown; what one may
see and not do is 403. A token's scope cuts its owner's rights down.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Flask, current_app, g, redirect, request

from common.api.repos import Repo
from common.wire.errors import Forbidden, NotFound

from ..clients import db
from . import at_forge, csrf, membership, resume, targets
from .actor import Actor, current

ON_REPO = ("read", "write", "admin")
RIGHTS = ("public", "account", "owner", *ON_REPO)
UNKNOWN = "there is no such thing, or it is not yours to see"


def requires(right: str, *, scope: str | None = None, csrf: bool = True):
    """Decorator: what the view needs. `scope`: what a token must reach; by default as the right and method say.
    `csrf=False`: a program calls it that proves itself otherwise, and a cookie counts for nothing there."""
    if right not in RIGHTS:
        raise ValueError(f"{right!r} is no right")

    def decorate(view):
        view.right, view.scope, view.csrf = right, scope, csrf
        return view
    return decorate


def add_rights(app: Flask) -> None:
    @app.before_request
    def guard():
        if request.url_rule is None:      # no such route: Flask answers 404 or 405
            return None
        view = current_app.view_functions[request.endpoint]
        right = getattr(view, "right", None)
        if right is None:
            raise Forbidden(f"{request.endpoint} declares no right, so nobody has it")
        if getattr(view, "csrf", True):
            csrf.check()
        return _admit(right, getattr(view, "scope", None))


def _admit(right: str, scope: str | None):
    if right == "public":
        return None
    if g.get("actor") is None and _is_page():
        return redirect(_sign_in())
    actor = current()
    at_forge.check_token(actor)
    membership.check(actor)
    if right in ON_REPO:
        _check_repo(actor, right)
    if right == "owner" and not actor.owner:
        raise Forbidden("only owners of this installation may do that")
    needed = scope or _scope(right)
    if not actor.reaches(needed):
        raise Forbidden(f"this token's scope is {actor.scope}; the call needs {needed}", error="scope")
    return None


def _check_repo(actor: Actor, right: str) -> None:
    try:
        g.repo = _repo_named(actor, request.view_args or {})
    except NotFound:
        raise NotFound(UNKNOWN) from None
    g.right = right_on(actor, g.repo)
    if g.right is None:
        raise NotFound(UNKNOWN)
    if ON_REPO.index(g.right) < ON_REPO.index(right):
        raise Forbidden(f"that needs the right {right} on {g.repo.path}; you have {g.right}")


def _repo_named(actor: Actor, names: Mapping[str, Any]) -> Repo:
    """Of an image that several repos have: the first that the actor may see. Raises NotFound."""
    if names.keys() & {"repo", "owner", "run", "deployment", "waiver"} or "digest" not in names:
        return targets.find_repo(names)
    for repo in targets.repos_of_image(names["digest"]):
        if right_on(actor, repo) is not None:
            return repo
    raise NotFound(UNKNOWN)


def right_on(actor: Actor, repo: Repo) -> str | None:
    """read, write, admin, or None: as the repo's forge says. What is not private, anyone signed in may read."""
    if actor.owner:
        return "admin"
    if at_forge.asks(actor, repo):
        return at_forge.right(actor, repo)
    try:
        return db.members.get(repo.id, actor.id).right
    except NotFound:
        return None if repo.private else "read"


def may(right: str) -> bool:
    """For templates: does the person have `right` on the repo of this page?"""
    return g.get("right") in ON_REPO and ON_REPO.index(g.right) >= ON_REPO.index(right)


def _scope(right: str) -> str:
    if request.method in csrf.SAFE:
        return "read"
    return "write" if right == "write" else "admin"


def _is_page() -> bool:
    return not request.path.startswith(("/api/", "/metrics", "/webhooks/"))


def _sign_in() -> str:
    """The sign-in, with the way back, and with a form that was on its way."""
    if request.method == "GET":
        return f"/signin?next={quote(request.full_path.rstrip('?'))}"
    kept = resume.keep()
    came_from = urlsplit(request.referrer or "/")
    return f"/signin?next={quote(came_from.path)}" + (f"&kept={kept}" if kept else "")
