"""Pages that register an App from a manifest and install it, and the conversion of the manifest's code."""

from __future__ import annotations

import json
import secrets
from urllib.parse import urlencode

from flask import Blueprint, jsonify, redirect, render_template_string, request

from ..access import PREFIX, hub, invalid, not_found
from .app import spelled

blueprint = Blueprint("registration", __name__)

FORM = """<!doctype html><title>{{ title }}</title><h1>{{ title }}</h1>
<form method="post" action="{{ action }}"><input type="hidden" name="manifest" value="{{ manifest }}">
<p><label>Signed in as <input name="login" required value="{{ login }}"></label></p>
<button>{{ button }}</button></form>"""
NEEDED = ("name", "url", "redirect_url")


@blueprint.post("/settings/apps/new")
@blueprint.post("/organizations/<org>/settings/apps/new")
def new(org: str = ""):
    """What the setup page sends the browser to: shows the name, and a button."""
    try:
        manifest = json.loads(request.form["manifest"])
    except ValueError:
        return invalid("Invalid manifest")
    if not all(manifest.get(name) for name in NEEDED):
        return invalid(f"Invalid manifest: {', '.join(NEEDED)} are needed")
    state = urlencode({"state": request.args["state"]}) if "state" in request.args else ""
    return render_template_string(FORM, title=f"Create GitHub App {manifest['name']}", manifest=json.dumps(manifest),
                                  action=f"/settings/apps/manifest?{state}", login=org, button="Create GitHub App")


@blueprint.post("/settings/apps/manifest")
def created():
    owner, manifest = hub().accounts.get(request.form["login"].lower()), json.loads(request.form["manifest"])
    if owner is None:
        return not_found()
    code = secrets.token_hex(20)
    hub().manifests[code] = (manifest, owner)
    state = {"state": request.args["state"]} if "state" in request.args else {}
    return redirect(f"{manifest['redirect_url']}?{urlencode({'code': code, **state})}")


@blueprint.post(f"{PREFIX}/app-manifests/<code>/conversions")
def convert(code: str):
    """Once for each code."""
    manifest, owner = hub().manifests.pop(code, (None, None))
    if manifest is None:
        return not_found()
    app = hub().app(manifest, owner.login)
    return jsonify({**spelled(app), "client_secret": app.oauth.secret, "webhook_secret": app.webhook_secret,
                    "pem": app.private_key}), 201


@blueprint.get("/apps/<slug>/installations/new")
def choose(slug: str):
    return render_template_string(FORM, title=f"Install {slug}", manifest="", login="", button="Install",
                                  action=f"/apps/{slug}/installations/new")


@blueprint.post("/apps/<slug>/installations/new")
def install(slug: str):
    app = next((each for each in hub().apps.values() if each.slug == slug), None)
    account = hub().accounts.get(request.form["login"].lower())
    if app is None or account is None:
        return not_found()
    made = hub().install(app, account.login)
    return redirect(f"{app.oauth.url}?{urlencode({'installation_id': made.id, 'setup_action': 'install'})}")
