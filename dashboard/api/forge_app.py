"""The registration of this installation at GitHub."""

from __future__ import annotations

from pydantic import SecretStr

from common.errors import BadRequest, Conflict, NotFound

from ..github import setup
from ..github.registration import forget, registration
from ..services import dbproxy, orchestrator
from .audit import audit
from .endpoint import endpoint
from .github_answers import App, AppCheck
from .inputs import AppRequest

TAG = "GitHub"


@endpoint("GET", "/forges/github/app", right="owner", tag=TAG)
def get_app() -> App:
    """What is registered; 404 where nothing is."""
    found = registration()
    if found is None:
        raise NotFound("nothing is registered at GitHub yet")
    return App(kind=found.kind, client_id=found.client_id, slug=found.slug, html_url=found.html_url, stored=found.stored)


@endpoint("POST", "/forges/github/app/check", right="owner", tag=TAG)
def check_app(body: AppRequest) -> AppCheck:
    """Have the values the form of GitHub's, and does GitHub know them? Nothing is stored."""
    problem = setup.odd_id(body.client_id)
    if problem:
        return AppCheck(ok=False, field="client_id", problem=problem)
    if not body.client_secret:
        return AppCheck(ok=False)
    problem = setup.odd_secret(body.client_secret)
    if problem:
        return AppCheck(ok=False, field="client_secret", problem=problem)
    answer = orchestrator.post("/v1/forges/github/app/check", body.model_dump(), timeout=30)
    return AppCheck(ok=answer["ok"], field=None if answer["ok"] else "client_secret", problem=answer.get("problem"))


@endpoint("PUT", "/forges/github/app", right="owner", status=204, tag=TAG)
def set_app(body: AppRequest) -> None:
    """Register an OAuth app, once GitHub said that it knows it; the secret is sealed and never shown again."""
    checked = check_app(body)
    if not checked.ok:
        raise BadRequest(f"{checked.field or 'client_secret'}: {checked.problem or 'is missing'}")
    setup.store(body.client_id, SecretStr(body.client_secret))
    forget()
    audit("github.register", f"OAuth app {body.client_id}")


@endpoint("DELETE", "/forges/github/app", right="owner", status=204, tag=TAG, also={409: "it stands in .env"})
def forget_app() -> None:
    """Forget what the setup page stored; at GitHub the application stays until you delete it there."""
    found = registration()
    if found is not None and not found.stored:
        raise Conflict("the registration stands in .env: empty GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET there")
    dbproxy.delete("/v1/forge-apps/github")
    forget()
    audit("github.forget", f"{found.kind} {found.client_id}" if found else "GitHub")
