"""What templates of several pages ask about forges; each stands when the answer is late."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import current_app, g

from common.wire.errors import Problem, ServiceDown
from forges import FORGES, can

from ..api import pulls as pulls_api
from ..api import webhook as webhook_api
from ..auth import admission
from ..auth.actor import current
from ..forge import is_on, registrations, usual_hub
from .blueprint import late


def hub_signin() -> dict:
    """`{name, title, on, registered, words, host, problem?}` for whoever is about to be sent there."""
    forge = usual_hub()
    told = {"name": forge.name, "title": forge.title, "on": is_on(forge.name), "registered": False,
            "host": urlsplit(forge.address).netloc}
    if not told["on"]:
        return told
    try:
        found = registrations(forge).now()
    except (Problem, ServiceDown) as problem:
        return {**told, "problem": str(problem)}
    return {**told, "registered": found is not None,
            "words": forge.consent(found, organisations=bool(admission.organisations(forge))).words if found else []}


def password_signin() -> bool:
    """The form of name and password: where local accounts are on, and until a forge is registered that signs in."""
    on = current_app.config["SETTINGS"].forge_names
    return any(can(name, "passwords") for name in on) or not hub_signin()["registered"]


def hub_repo() -> dict:
    """A repository's forge's side for its settings page: `{facts}`, or `{late}`."""
    try:
        return {"facts": webhook_api.get_webhook(g.repo.id)}
    except (Problem, ServiceDown) as problem:
        return {"late": late(problem)}


def pulls_waiting() -> list:
    """Pull requests of this page's repository that wait for somebody's approval."""
    try:
        return pulls_api.waiting(g.repo.id)
    except (Problem, ServiceDown):
        return []      # the page tells of runs; a late answer here is told on the page of pull requests


def repo_notice() -> str | None:
    """Why pushes of this page's repository start nothing at the moment, and what to do; what is live stays live."""
    state, title = g.repo.state, FORGES[g.repo.forge].title
    if state.gone:
        return f"{title} shows this repository no more ({state.gone}): connect it again, or remove it in its settings"
    if state.unreached:
        return f"Pushes start no run at the moment: {state.unreached}"
    return f"It is archived at {title}, so no push can start a run" if state.archived else None


def may_connect() -> bool:
    return g.get("actor") is not None and current().known_at_forge


CONTEXT = {"hub_signin": hub_signin, "password_signin": password_signin, "hub_repo": hub_repo,
           "pulls_waiting": pulls_waiting, "repo_notice": repo_notice, "may_connect": may_connect,
           "can": can, "forge_title": lambda name: FORGES[name].title}
