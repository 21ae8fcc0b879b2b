"""A repository's webhook at GitHub: made and removed by us, with a secret of its own that nobody ever sees."""

from __future__ import annotations

from flask import g

from common.errors import BadRequest, Conflict, Problem, ServiceDown

from ..auth import on_github
from ..auth.actor import current
from ..github import hook, reach
from ..github.registration import registration
from ..services import dbproxy, orchestrator
from .audit import audit, repo_name
from .deliveries import last_delivery
from .endpoint import endpoint
from .github_answers import Grant, Webhook

TAG = "GitHub"


@endpoint("GET", "/repos/<id:repo>/webhook", right="admin", tag=TAG)
def get_webhook(repo: int) -> Webhook:
    """Is it made, what did it deliver last, what fetches the code, and why deliveries cannot arrive if so."""
    _check_github()
    made, last, unreachable, granted = hook.of(g.repo) or {}, last_delivery(repo), reach.problem(), grant(repo)
    quiet = reach.silence(made.get("at"), last and last.received) if made.get("id") and not unreachable else None
    return Webhook(repo=repo, made=bool(made.get("id")), by_app=by_app(granted), url=hook.url(repo), by=made.get("by"),
                   at=made.get("at"), last=last, grant=granted, problem=unreachable, silence=quiet)


@endpoint("PUT", "/repos/<id:repo>/webhook", right="admin", tag=TAG,
          also={409: "it would be of no use: GitHub cannot reach this installation, or the App has one"})
def make_webhook(repo: int) -> Webhook:
    """Make it at GitHub, or make it anew with another secret. Repeatable."""
    _check_github()
    if reach.problem():
        raise Conflict(reach.problem())
    if by_app(grant(repo)):
        raise Conflict("the App's own webhook tells of this repository's pushes; it needs none")
    made = make_for(g.repo)
    g.repo = dbproxy.get(f"/v1/repos/{repo}")
    return Webhook.model_validate({**get_webhook(repo).model_dump(), "events": made.get("events")})


def make_for(repo: dict) -> dict:
    """`{id, url, events}` as GitHub has it now."""
    generation = hook.next_generation(repo)
    secret = hook.secret(repo["id"], generation)
    hook.note(repo, generation, current().login)      # before GitHub has it: its first delivery comes at once
    try:
        made = on_github.call(current(), "PUT", f"/v1/repos/{repo['id']}/webhook", timeout=30, json={
            "url": hook.url(repo["id"]), "secret": secret.get_secret_value(), "account": current().id,
            "actor": current().login})
    except (Problem, ServiceDown):      # the latter also says that GitHub is down
        hook.put_back(repo)
        raise
    audit("webhook.make", f"{repo['owner']}/{repo['name']}", hook.url(repo["id"]))
    return made


@endpoint("DELETE", "/repos/<id:repo>/webhook", right="admin", status=204, tag=TAG)
def remove_webhook(repo: int) -> None:
    """Remove it at GitHub; pushes are found by comparing heads from then on."""
    _check_github()
    on_github.call(current(), "DELETE", f"/v1/repos/{repo}/webhook", timeout=30,
                   json={"account": current().id, "actor": current().login})
    hook.retire(g.repo)
    audit("webhook.remove", repo_name())


def by_app(granted: Grant) -> bool:
    """An App is registered with one webhook for all repositories that it is installed on, and may make no others."""
    found = registration()
    return granted.kind == "installation" and found is not None and found.webhook_secret is not None and not reach.problem()


def grant(repo: int) -> Grant:
    try:
        return Grant.model_validate(orchestrator.get("/v1/forges/github/grant", params={"repo": repo}))
    except Problem as problem:
        return Grant(kind="none", problem=problem.detail)


def _check_github() -> None:
    if g.repo["forge"] != "github":
        raise BadRequest("only repositories of GitHub have webhooks; of the local forge every push is seen by itself")
