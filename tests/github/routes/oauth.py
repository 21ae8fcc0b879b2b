"""Signing in: the page where a person says yes, and the exchange of the code. Errors come as 200, in GitHub's way."""

from __future__ import annotations

import base64
import hashlib
import secrets
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, jsonify, redirect, render_template_string, request

from ..access import hub, not_found
from ..state import Code, OAuthApp, Refresh, Token

blueprint = Blueprint("oauth", __name__)

LIFE = 600             # seconds of a code
TOKEN_LIFE = 28800     # seconds of a person's token of an App
REFRESH_LIFE = 15897600
DOCS = "https://docs.github.com/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/#"
PAGE = """<!doctype html><title>Authorize {{ client.name }}</title><h1>Authorize {{ client.name }}</h1>
<form method="post"><p>{{ client.name }} wants: {{ scopes or "public data only" }}</p>
<p><label>Sign in as <input name="login" required value="{{ login }}"></label></p>
<button name="answer" value="yes">Authorize</button> <button name="answer" value="no" formnovalidate>Cancel</button>
</form>{% if problem %}<p role="alert">{{ problem }}</p>{% endif %}"""
SAID = {"incorrect_client_credentials": "The client_id and/or client_secret passed are incorrect.",
        "bad_verification_code": "The code passed is incorrect or expired.",
        "redirect_uri_mismatch": "The redirect_uri MUST match the registered callback URL for this application.",
        "bad_refresh_token": "The refresh token passed is incorrect or expired."}


@blueprint.get("/login/oauth/authorize")
def authorize():
    client = hub().clients.get(request.args.get("client_id", ""))
    if client is None:
        return not_found()
    if not callback(client):
        return _back(client.callbacks[0], error="redirect_uri_mismatch",
                     error_description=SAID["redirect_uri_mismatch"])
    return _page(client)


def _page(client: OAuthApp, problem: str = "") -> str:
    return render_template_string(PAGE, client=client, scopes=request.args.get("scope", ""), problem=problem,
                                  login=request.args.get("login", ""))


@blueprint.post("/login/oauth/authorize")
def answered():
    client = hub().clients.get(request.args.get("client_id", ""))
    if client is None or not (uri := callback(client)):
        return not_found()
    if request.form.get("answer") != "yes":
        return _back(uri, error="access_denied", error_description="The user has denied your application access.")
    account = hub().accounts.get(request.form.get("login", "").lower())
    if account is None or account.kind != "User":
        return _page(client, "Incorrect username or password.")
    scopes = [] if client.app else request.args.get("scope", "").replace(",", " ").split()
    code = secrets.token_hex(10)
    hub().codes[code] = Code(client, account, scopes, uri, request.args.get("code_challenge"), hub().clock() + LIFE)
    return _back(uri, code=code)


def callback(client: OAuthApp) -> str | None:
    """The address to return to: same host and port as a registered one, its path or one beneath; else None."""
    wanted = request.args.get("redirect_uri") or client.callbacks[0]
    parts = urlsplit(wanted)
    for known in map(urlsplit, client.callbacks):
        beneath = parts.path == known.path or parts.path.startswith(known.path.rstrip("/") + "/")
        if (parts.scheme, parts.netloc) == (known.scheme, known.netloc) and beneath:
            return wanted
    return None


def _back(uri: str, **query: str) -> Response:
    if "state" in request.args:
        query["state"] = request.args["state"]
    return redirect(f"{uri}{'&' if '?' in uri else '?'}{urlencode(query)}")


@blueprint.post("/login/oauth/access_token")
def exchange():
    given = request.get_json(silent=True) if request.is_json else request.form.to_dict()
    basic = request.authorization
    if basic and basic.type == "basic":
        given = {"client_id": basic.username, "client_secret": basic.password, **given}
    client = hub().clients.get(given.get("client_id", ""))
    if client is None:
        return not_found()
    return _spelled(_granted(client, given))


def _granted(client: OAuthApp, given: dict) -> dict:
    if not secrets.compare_digest(client.secret, str(given.get("client_secret", ""))):
        return _no("incorrect_client_credentials")
    if given.get("grant_type") == "refresh_token":
        return _refreshed(client, str(given.get("refresh_token", "")))
    with hub().lock:
        code = hub().codes.get(given.get("code", ""))
        if code is None or code.used or code.client is not client or hub().clock() >= code.until:
            return _no("bad_verification_code")
        if given.get("redirect_uri", code.redirect_uri) != code.redirect_uri:
            return _no("redirect_uri_mismatch")
        if not _proves(code, str(given.get("code_verifier", ""))):
            return _no("bad_verification_code")
        code.used = True
    return _token(client, code.account, code.scopes)


def _refreshed(client: OAuthApp, refresh: str) -> dict:
    """Both old ones end with it."""
    with hub().lock:
        old = hub().refreshes.get(refresh)
        if old is None or old.token.client is not client or old.token.revoked or hub().clock() >= old.until:
            return _no("bad_refresh_token")
        del hub().refreshes[refresh]
        old.token.revoked = True
    return _token(client, old.token.account, [])


def _proves(code: Code, verifier: str) -> bool:
    """PKCE, S256: asked for where the authorization began with a challenge."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    return code.challenge is None or secrets.compare_digest(digest, code.challenge.rstrip("="))


def _token(client: OAuthApp, account, scopes: list[str]) -> dict:
    made: Token = hub().token(account.login, *scopes, client=client)
    told = {"access_token": made.value, "token_type": "bearer", "scope": ",".join(scopes)}
    if client.app and client.app.expiring:
        made.expires = hub().clock() + TOKEN_LIFE
        refresh = "ghr_" + secrets.token_hex(30)
        hub().refreshes[refresh] = Refresh(made, hub().clock() + REFRESH_LIFE)
        told |= {"expires_in": TOKEN_LIFE, "refresh_token": refresh, "refresh_token_expires_in": REFRESH_LIFE}
    return told


def _no(error: str) -> dict:
    return {"error": error, "error_description": SAID[error], "error_uri": DOCS + error.replace("_", "-")}


def _spelled(told: dict) -> Response:
    if "json" in request.headers.get("Accept", ""):
        return jsonify(told)
    return Response(urlencode(told), mimetype="application/x-www-form-urlencoded")
