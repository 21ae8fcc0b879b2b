"""The registration of this installation at a forge."""

from __future__ import annotations

from pydantic import SecretStr

from common.wire.errors import BadRequest, Conflict, NotFound
from forges import Registration

from ..clients import orchestrator
from ..forge import hub, registrations
from .audit import audit
from .endpoint import endpoint
from .forge_answers import App, AppCheck
from .inputs import AppRequest

TAG = "Forge"


@endpoint("GET", "/forges/<hub:forge>/app", right="owner", tag=TAG)
def get_app(forge: str) -> App:
    """What is registered; 404 where nothing is."""
    found = registrations(hub(forge)).now()
    if found is None:
        raise NotFound(f"nothing is registered at {hub(forge).title} yet")
    return App(kind=found.kind, client_id=found.client_id, slug=found.slug or None, html_url=found.html_url or None,
               stored=found.stored)


@endpoint("POST", "/forges/<hub:forge>/app/check", right="owner", tag=TAG)
def check_app(forge: str, body: AppRequest) -> AppCheck:
    """Have the values the form of the forge's, and does the forge know them? Nothing is stored."""
    odd = hub(forge).odd_credentials(body.client_id, body.client_secret)
    if odd:
        return AppCheck(ok=False, field=odd[0], problem=odd[1])
    if not body.client_secret:
        return AppCheck(ok=False)
    answer = orchestrator.post(f"/v1/forges/{forge}/app/check", body.model_dump(), timeout=30)
    return AppCheck(ok=answer["ok"], field=None if answer["ok"] else "client_secret", problem=answer.get("problem"))


@endpoint("PUT", "/forges/<hub:forge>/app", right="owner", status=204, tag=TAG)
def set_app(forge: str, body: AppRequest) -> None:
    """Register an OAuth app, once the forge said that it knows it; the secret is sealed and never shown again."""
    checked = check_app(forge, body)
    if not checked.ok:
        raise BadRequest(f"{checked.field or 'client_secret'}: {checked.problem or 'is missing'}")
    registrations(hub(forge)).store(Registration("oauth", body.client_id, SecretStr(body.client_secret)))
    audit(f"{forge}.register", f"OAuth app {body.client_id}")


@endpoint("DELETE", "/forges/<hub:forge>/app", right="owner", status=204, tag=TAG, also={409: "it stands in .env"})
def forget_app(forge: str) -> None:
    """Forget what the setup page stored; at the forge the application stays until you delete it there."""
    place, known = hub(forge), registrations(hub(forge))
    found = known.now()
    if found is not None and not found.stored:
        name = forge.upper()
        raise Conflict(f"the registration stands in .env: empty {name}_CLIENT_ID and {name}_CLIENT_SECRET there")
    known.remove()
    audit(f"{forge}.forget", f"{found.kind} {found.client_id}" if found else place.title)
