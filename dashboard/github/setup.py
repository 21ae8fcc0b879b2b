"""What has to be entered at GitHub, the App's manifest, and what is wrong with values that were pasted."""

from __future__ import annotations

import json
import re
from urllib.parse import quote, urlsplit

from flask import current_app
from pydantic import SecretStr

from common.errors import Unavailable
from common.sealing import seal

from ..services import dbproxy
from . import reach
from .exchange import callback_url

PERMISSIONS = {"metadata": "read", "contents": "read", "pull_requests": "write", "statuses": "write", "checks": "write",
               "deployments": "write", "members": "read"}
WHY = {"metadata": "list repositories", "contents": "fetch the code", "pull_requests": "the comment with the result",
       "statuses": "a status on each commit", "checks": "annotations at file and line", "deployments": "what is live where",
       "members": "who belongs to which organisation"}
EVENTS = ["push", "create", "delete", "pull_request", "repository", "public"]
_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{16,128}")


def to_enter() -> dict[str, str]:
    """Name in GitHub's form -> value, for an OAuth app."""
    public = current_app.config["SETTINGS"].public_url
    return {"Application name": app_name(), "Homepage URL": public, "Authorization callback URL": callback_url()}


def app_name() -> str:
    """GitHub takes a name of an App once in the world, of at most 34 characters."""
    return f"Continuum {urlsplit(current_app.config['SETTINGS'].public_url).hostname}"[:34]


def new_oauth_url(org: str) -> str:
    base = current_app.config["SETTINGS"].github_url
    return f"{base}/organizations/{quote(org)}/settings/applications/new" if org else f"{base}/settings/applications/new"


def new_app_url(org: str, state: str) -> str:
    base = current_app.config["SETTINGS"].github_url
    path = f"/organizations/{quote(org)}/settings/apps/new" if org else "/settings/apps/new"
    return f"{base}{path}?state={quote(state)}"


def manifest() -> str:
    """GitHub refuses a webhook at an address that it cannot reach, so there the App has none."""
    public = current_app.config["SETTINGS"].public_url
    wanted = {"name": app_name(), "url": public, "redirect_url": f"{public}/setup/github/created",
              "callback_urls": [callback_url()], "public": False, "request_oauth_on_install": False,
              "default_permissions": PERMISSIONS}
    if reach.problem() is None:
        wanted |= {"hook_attributes": {"url": f"{public}/webhooks/github", "active": True}, "default_events": EVENTS}
    return json.dumps(wanted)


def odd_id(value: str) -> str | None:
    """What is wrong with a pasted client id, as a sentence; None where its form is right."""
    if re.fullmatch(r"[0-9a-f]{40}", value):
        return "That looks like the client secret; the client ID is shorter and stands above it."
    if re.fullmatch(r"\d{1,10}", value):
        return "That looks like the App ID; the client ID begins with letters and stands beneath it."
    if value.startswith(("http://", "https://", "gh")):
        return "That is no client ID: GitHub shows it at the top of the application's page, e.g. Ov23li…"
    return None if _ID.fullmatch(value) else "A client ID has 8 to 64 letters and digits, without spaces."


def odd_secret(value: str) -> str | None:
    if value.startswith(("ghp_", "gho_", "github_pat_", "-----BEGIN")):
        return "That is a token or a key, not the client secret: press Generate a new client secret and copy that."
    if set(value) & {"*", "•"}:
        return "GitHub shows a secret once and then only its end: generate a new one and copy it whole."
    return None if _SECRET.fullmatch(value) else "A client secret has 40 letters and digits, without spaces."


def store(client_id: str, client_secret: SecretStr) -> None:
    """The OAuth app, sealed once for each service that needs its secret."""
    keys = current_app.config["SETTINGS"].seal_keys
    missing = [name for name in ("dashboard", "orchestrator") if name not in keys]
    if missing:
        raise Unavailable(f"SEAL_PUBLIC_KEYS has no key of {' and '.join(missing)}: run ./continuum up")
    value = json.dumps({"client_secret": client_secret.get_secret_value()})
    dbproxy.put("/v1/forge-apps/github", {"kind": "oauth", "client_id": client_id, "sealed": {
        name: seal(value, keys[name]) for name in ("dashboard", "orchestrator")}})
