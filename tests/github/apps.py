"""GitHub Apps: made from a manifest, installed on accounts, known by the tokens that they sign."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from .shapes import apps as shapes
from .shapes import people
from .state import Account, App, Installation, OAuthApp, Repo

if TYPE_CHECKING:
    from .hub import GitHub

LONGEST = 600      # seconds that an App's own token may live


def create(github: GitHub, manifest: dict, owner: Account) -> App:
    number, slug = github.next_id(), re.sub(r"[^a-z0-9]+", "-", manifest["name"].lower()).strip("-")
    oauth = OAuthApp("Iv23li" + secrets.token_hex(7), secrets.token_hex(20), manifest.get("callback_urls", []),
                     manifest["name"], manifest["url"])
    bot = Account(github.next_id(), f"{slug}[bot]", "Bot")
    made = App(number, slug, owner, bot, oauth, _key(), manifest.get("default_permissions", {}),
               manifest.get("default_events", []), (manifest.get("hook_attributes") or {}).get("url"),
               secrets.token_hex(20), github.now())
    oauth.app = made
    with github.lock:
        github.apps[number] = made
        github.clients[oauth.client_id] = oauth
    return made


def _key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL,
                             serialization.NoEncryption()).decode()


def install(github: GitHub, app: App, account: Account, repos: list[Repo] | None) -> Installation:
    made = Installation(github.next_id(), app, account, github.now(), None if repos is None else [one.id for one in repos])
    with github.lock:
        github.installations[made.id] = made
    tell(github, made, "created", [repo for repo in github.repos.values() if made.covers(repo)])
    return made


def suspend(github: GitHub, installation: Installation, suspended: bool) -> None:
    installation.suspended = suspended
    tell(github, installation, "suspend" if suspended else "unsuspend")


def uninstall(github: GitHub, installation: Installation) -> None:
    """Its tokens end with it."""
    with github.lock:
        del github.installations[installation.id]
        for token in github.tokens.values():
            token.revoked |= token.installation is installation
    tell(github, installation, "deleted")


def tell(github: GitHub, installation: Installation, action: str, reached: list[Repo] = ()) -> None:
    """The App's owner hears of each installation, whatever events the App asked for."""
    github.outbox.to_app(installation, "installation", {
        "action": action, "installation": shapes.installation(github, installation), "requester": None,
        "repositories": [{"id": repo.id, "node_id": f"R_{repo.id}", "name": repo.name, "full_name": repo.path,
                          "private": repo.private} for repo in reached],
        "sender": people.simple(github, installation.account)})


def signer(github: GitHub, token: str) -> App | None:
    """The App that signed `token`: RS256, its id or client id as issuer, for ten minutes at most."""
    try:
        said = jwt.decode(token, options={"verify_signature": False})
        app = next(one for one in github.apps.values() if str(said.get("iss")) in (str(one.id), one.oauth.client_id))
        public = serialization.load_pem_private_key(app.private_key.encode(), None).public_key()
        # GitHub's clock is the hub's, so times are looked at here
        jwt.decode(token, public, algorithms=["RS256"], options={"verify_exp": False, "verify_iat": False,
                                                                 "verify_iss": False})
    except (jwt.PyJWTError, StopIteration):
        return None
    now, ends, began = github.clock(), float(said.get("exp", 0)), float(said.get("iat", 0))
    return app if began <= now + 60 and now < ends <= now + LONGEST + 60 else None
