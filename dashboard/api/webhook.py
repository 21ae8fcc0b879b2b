"""A repository's webhook at its forge: made and removed by us, with a secret of its own that nobody ever sees."""

from __future__ import annotations

from flask import g
from pydantic import BaseModel

from common.api.repos import Repo
from common.wire.errors import BadRequest, Conflict, Problem
from forges import Forge, can

from ..auth import at_forge
from ..auth.actor import current
from ..clients import db, orchestrator
from ..forge import hook, hub, reach, registrations
from .audit import audit, repo_name
from .deliveries import last_delivery
from .endpoint import endpoint
from .forge_answers import Grant, Webhook

TAG = "Forge"


@endpoint("GET", "/repos/<id:repo>/webhook", right="admin", tag=TAG)
def get_webhook(repo: int) -> Webhook:
    """Is it made, what did it deliver last, what fetches the code, and why deliveries cannot arrive if so."""
    forge = _hooked()
    kept, last, unreachable, granted = g.repo.state.webhook, last_delivery(repo), reach.problem(forge), grant(g.repo)
    made = kept is not None and kept.id is not None
    quiet = reach.silence(forge, kept.at, last and last.received) if made and not unreachable else None
    return Webhook(repo=repo, made=made, by_app=by_app(forge, granted), url=hook.url(g.repo), by=kept and kept.by,
                   at=kept and kept.at, last=last, grant=granted, problem=unreachable, silence=quiet)


@endpoint("PUT", "/repos/<id:repo>/webhook", right="admin", tag=TAG,
          also={409: "it would be of no use: the forge cannot reach this installation, or the App has one"})
def make_webhook(repo: int) -> Webhook:
    """Make it at the forge, or make it anew with another secret. Repeatable."""
    forge = _hooked()
    if reach.problem(forge):
        raise Conflict(reach.problem(forge))
    if by_app(forge, grant(g.repo)):
        raise Conflict("the App's own webhook tells of this repository's pushes; it needs none")
    made = make_for(g.repo)
    g.repo = db.repos.get(repo)
    return Webhook.model_validate({**get_webhook(repo).model_dump(), "events": made.events})


class Made(BaseModel):
    """A webhook as the forge has it now."""

    events: list[str] | None = None


def make_for(repo: Repo) -> Made:
    generation = hook.next_generation(repo)
    secret = hook.secret(repo.id, generation)
    made = at_forge.call(current(), "PUT", f"/v1/repos/{repo.id}/webhook", timeout=30, json={
        "url": hook.url(repo), "secret": secret.get_secret_value(), "generation": generation, "account": current().id,
        "actor": current().login})
    audit("webhook.make", repo.path, hook.url(repo))
    return Made.model_validate(made)


@endpoint("DELETE", "/repos/<id:repo>/webhook", right="admin", status=204, tag=TAG)
def remove_webhook(repo: int) -> None:
    """Remove it at the forge; pushes are found by comparing heads from then on."""
    _hooked()
    at_forge.call(current(), "DELETE", f"/v1/repos/{repo}/webhook", timeout=30, json={
        "generation": hook.next_generation(g.repo), "account": current().id, "actor": current().login})
    audit("webhook.remove", repo_name())


def by_app(forge: Forge, granted: Grant) -> bool:
    """An App is registered with one webhook for all repositories that it is installed on, and may make no others."""
    found = registrations(forge).now()
    return granted.kind == "installation" and found is not None and found.hooked and not reach.problem(forge)


def grant(repo: Repo) -> Grant:
    try:
        return Grant.model_validate(orchestrator.get(f"/v1/forges/{repo.forge}/grant", params={"repo": repo.id}))
    except Problem as problem:
        return Grant(kind="none", problem=problem.detail)


def _hooked() -> Forge:
    if not can(g.repo.forge, "webhook"):
        raise BadRequest("repositories of this forge have no webhooks: every push is seen by itself")
    return hub(g.repo.forge)
