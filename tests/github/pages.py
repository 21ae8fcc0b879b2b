"""The pages that people see at GitHub: consent to a sign-in, an App from a manifest, its installation.

Whoever is at the browser chooses who they are: the stand-in has no passwords. PKCE is demanded and proved.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from urllib.parse import parse_qs, urlencode

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Blueprint, Response, jsonify, redirect, render_template_string, request

from .gate import the_world
from .world import ALL_SCOPES, AppRegistration, Hook, Token

CONSENT = """<!DOCTYPE html><title>Authorize {{ app.slug or "Continuum" }}</title>
<h1>Authorize {{ app.slug or "Continuum" }}</h1>
<p>It asks for: <span id="scopes">{{ scope or "public data" }}</span></p>
<form method="post">{% for login in people %}
<button name="login" value="{{ login }}">Authorize as {{ login }}</button>{% endfor %}
<button name="login" value="">Cancel</button></form>"""
REGISTER = """<!DOCTYPE html><title>Register new GitHub App</title><h1>Create GitHub App for {{ login }}</h1>
<form method="post" action="{{ action }}"><input type="hidden" name="manifest" value="{{ manifest }}">
<input type="hidden" name="confirmed" value="1"><label>Name <input name="name" value="{{ name }}"></label>
<button>Create GitHub App for {{ login }}</button></form>"""


def add(app: Blueprint) -> None:
    app.get("/login/oauth/authorize")(consent)
    app.post("/login/oauth/authorize")(decided)
    app.post("/login/oauth/access_token")(exchange)
    app.post("/settings/apps/new")(register)
    app.post("/organizations/<org>/settings/apps/new")(register)


def consent():
    app = the_world().apps.get(request.args.get("client_id", ""))
    if app is None:
        return Response("<h1>404</h1>", 404)
    if request.args.get("code_challenge_method") != "S256" or not request.args.get("code_challenge"):
        return Response("<h1>code_challenge_method must be S256</h1>", 400)
    people = sorted(login for login, person in the_world().people.items() if person.kind == "User")
    return render_template_string(CONSENT, app=app, scope=request.args.get("scope"), people=people)


def decided():
    world, asked = the_world(), request.args
    app, back = world.apps[asked["client_id"]], asked.get("redirect_uri", "")
    if app.callbacks and not any(back.startswith(allowed) for allowed in app.callbacks):
        return Response("<h1>The redirect_uri is not associated with this application.</h1>", 400)
    state = {"state": asked["state"]} if "state" in asked else {}
    if not request.form["login"]:
        return redirect(f"{back}?{urlencode({'error': 'access_denied', **state})}")
    code = secrets.token_hex(10)
    world.logins[code] = {"app": app, "login": request.form["login"], "scope": asked.get("scope", ""), "back": back,
                          "challenge": asked["code_challenge"]}
    return redirect(f"{back}?{urlencode({'code': code, **state})}")


def exchange():
    """A code is good once; GitHub answers 200 with an error in it."""
    world, form = the_world(), request.form or {k: v[0] for k, v in parse_qs(request.get_data(as_text=True)).items()}
    login = world.logins.pop(form.get("code", ""), None)
    problem = _problem(login, form)
    if problem:
        return _told({"error": problem, "error_description": "The code passed is incorrect or expired."})
    scopes = frozenset(login["scope"].replace(",", " ").split()) if not login["app"].app_id else ALL_SCOPES
    made: Token = world.token(login["login"], scopes, client_id=login["app"].client_id)
    return _told({"access_token": made.value, "token_type": "bearer", "scope": ",".join(sorted(scopes))})


def register():
    """GitHub's form first, shown with the manifest filled in; the second post comes from there."""
    world, manifest = the_world(), json.loads(request.form["manifest"])
    login = next(login for login, person in sorted(world.people.items()) if person.kind == "User")
    if "confirmed" not in request.form:
        action = request.full_path.rstrip("?")
        return render_template_string(REGISTER, manifest=request.form["manifest"], action=action, login=login,
                                      name=manifest.get("name", ""))
    code = secrets.token_hex(20)
    world.manifest_codes[code] = registered(world, request.form["name"], login, manifest)
    state = {"state": request.args["state"]} if "state" in request.args else {}
    return redirect(f"{manifest['redirect_url']}?{urlencode({'code': code, **state})}")


def registered(world, slug: str, owner: str, manifest: dict) -> AppRegistration:
    """A GitHub App with a key pair of its own."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL,
                                serialization.NoEncryption()).decode()
    public = key.public_key().public_bytes(serialization.Encoding.PEM,
                                           serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    url = manifest.get("hook_attributes", {}).get("url")
    hook = Hook(next(world.numbers), url, secrets.token_hex(20), manifest.get("default_events", [])) if url else None
    return world.app(slug, app_id=next(world.numbers), owner=owner, public_key=public, private_key=private,
                     webhook=hook, callbacks=manifest.get("callback_urls", []))


def _problem(login: dict | None, form) -> str | None:
    if login is None:
        return "bad_verification_code"
    app = login["app"]
    if (form.get("client_id"), form.get("client_secret")) != (app.client_id, app.client_secret):
        return "incorrect_client_credentials"
    if form.get("redirect_uri", login["back"]) != login["back"]:
        return "redirect_uri_mismatch"
    proof = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    fits = base64.urlsafe_b64encode(proof).rstrip(b"=").decode() == login["challenge"]
    return None if fits else "bad_verification_code"


def _told(answer: dict):
    if "json" in request.headers.get("Accept", ""):
        return jsonify(answer)
    return Response(urlencode(answer), content_type="application/x-www-form-urlencoded; charset=utf-8")
