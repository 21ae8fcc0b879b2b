"""What templates of several pages ask about GitHub; each stands when the answer is late."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import current_app, g

from common.errors import Problem, ServiceDown

from ..api import pulls as pulls_api
from ..api import webhook as webhook_api
from ..auth.actor import current
from ..github import scopes
from ..github.admission import names
from ..github.registration import registration
from .blueprint import late


def github_signin() -> dict:
    """`{on, registered, words, host, problem?}` for whoever is about to be sent there."""
    settings = current_app.config["SETTINGS"]
    told = {"on": settings.github_on, "registered": False, "host": urlsplit(settings.github_url).netloc}
    if not settings.github_on:
        return told
    try:
        found = registration()
    except (Problem, ServiceDown) as problem:
        return {**told, "problem": str(problem)}
    return {**told, "registered": found is not None,
            "words": scopes.words(found, names(settings.github_orgs)) if found else []}


def password_signin() -> bool:
    """The form of name and password: where local accounts are on, and until GitHub is registered."""
    return "local" in current_app.config["SETTINGS"].forge_names or not github_signin()["registered"]


def github_repo() -> dict:
    """A repository's GitHub side for its settings page: `{facts}`, or `{late}`."""
    try:
        return {"facts": webhook_api.get_webhook(g.repo["id"])}
    except (Problem, ServiceDown) as problem:
        return {"late": late(problem)}


def pulls_waiting() -> list:
    """Pull requests of this page's repository that wait for somebody's approval."""
    try:
        return pulls_api.waiting(g.repo["id"])
    except (Problem, ServiceDown):
        return []      # the page tells of runs; a late answer here is told on the page of pull requests


def repo_notice() -> str | None:
    """Why pushes of this page's repository start nothing at the moment, and what to do; what is live stays live."""
    settings = g.repo.get("settings") or {}
    if settings.get("gone"):
        return f"GitHub shows this repository no more ({settings['gone']}): connect it again, or remove it in its settings"
    if settings.get("unreached"):
        return f"Pushes start no run at the moment: {settings['unreached']}"
    return "It is archived at GitHub, so no push can start a run" if settings.get("archived") else None


def may_connect() -> bool:
    return g.get("actor") is not None and current().on_github


CONTEXT = {"github_signin": github_signin, "password_signin": password_signin, "github_repo": github_repo,
           "pulls_waiting": pulls_waiting, "repo_notice": repo_notice, "may_connect": may_connect}
