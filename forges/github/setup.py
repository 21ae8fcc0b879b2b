"""How this installation is registered at GitHub: what to enter there, the App's manifest, and wrong values."""

from __future__ import annotations

import json
import re
from urllib.parse import quote, urlsplit

from ..signin import Setup
from .hooks import EVENTS
from .urls import Urls

PERMISSIONS = {
    "metadata": ("read", "list repositories"), "contents": ("read", "fetch the code"),
    "pull_requests": ("write", "the comment with the result"), "statuses": ("write", "a status on each commit"),
    "checks": ("write", "annotations at file and line"), "deployments": ("write", "what is live where"),
    "members": ("read", "who belongs to which organisation")}
LONGEST_NAME = 34      # characters of an App's name, which GitHub takes once in the world
_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{16,128}")


def setup(urls: Urls, public_url: str, callback: str, organisation: str, state: str, hooked: bool) -> Setup:
    name = f"Continuum {urlsplit(public_url).hostname}"[:LONGEST_NAME]
    owner = f"/organizations/{quote(organisation)}" if organisation else ""
    return Setup(
        {"Application name": name, "Homepage URL": public_url, "Authorization callback URL": callback},
        f"{urls.web}{owner}/settings/apps/new?state={quote(state)}", f"{urls.web}{owner}/settings/applications/new",
        _manifest(name, public_url, callback, hooked), PERMISSIONS)


def _manifest(name: str, public_url: str, callback: str, hooked: bool) -> str:
    """GitHub refuses a webhook at an address that it cannot reach, so there the App has none."""
    wanted = {"name": name, "url": public_url, "redirect_url": f"{public_url}/setup/github/created",
              "callback_urls": [callback], "public": False, "request_oauth_on_install": False,
              "default_permissions": {permission: level for permission, (level, _) in PERMISSIONS.items()}}
    if hooked:
        wanted |= {"hook_attributes": {"url": f"{public_url}/webhooks/github", "active": True}, "default_events": list(EVENTS)}
    return json.dumps(wanted)


def odd_credentials(client_id: str, client_secret: str) -> tuple[str, str] | None:
    """(field, sentence); None where both have the right form."""
    problem = _odd_id(client_id)
    if problem:
        return "client_id", problem
    problem = _odd_secret(client_secret) if client_secret else None
    return ("client_secret", problem) if problem else None


def _odd_id(value: str) -> str | None:
    if re.fullmatch(r"[0-9a-f]{40}", value):
        return "That looks like the client secret; the client ID is shorter and stands above it."
    if re.fullmatch(r"\d{1,10}", value):
        return "That looks like the App ID; the client ID begins with letters and stands beneath it."
    if value.startswith(("http://", "https://", "gh")):
        return "That is no client ID: GitHub shows it at the top of the application's page, e.g. Ov23li…"
    return None if _ID.fullmatch(value) else "A client ID has 8 to 64 letters and digits, without spaces."


def _odd_secret(value: str) -> str | None:
    if value.startswith(("ghp_", "gho_", "github_pat_", "-----BEGIN")):
        return "That is a token or a key, not the client secret: press Generate a new client secret and copy that."
    if set(value) & {"*", "•"}:
        return "GitHub shows a secret once and then only its end: generate a new one and copy it whole."
    return None if _SECRET.fullmatch(value) else "A client secret has 40 letters and digits, without spaces."
