"""The person behind a request, and how far what they showed reaches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from flask import g

from common.wire.errors import Unauthorized
from forges import can, with_capability

PASSWORDS = with_capability("passwords")[0]      # the forge whose people Continuum keeps itself
SCOPES = ("read", "write", "admin")


@dataclass(frozen=True)
class Actor:
    id: int
    forge: str
    login: str
    name: str
    role: Literal["owner", "user"]
    scope: Literal["read", "write", "admin"]      # a session's is admin; a token's as it was made
    secret_hash: str                              # SHA-256 of the cookie's or token's secret
    by_cookie: bool
    external_id: str | None = None                # the forge's number of the person, also of a linked local account
    forge_scopes: tuple[str, ...] | None = None   # what their token of the forge may; None: there is none

    @property
    def owner(self) -> bool:
        return self.role == "owner"

    @property
    def known_at_forge(self) -> bool:
        """Does Continuum hold their token of a forge?"""
        return self.external_id is not None and self.forge_scopes is not None

    def reaches(self, scope: str) -> bool:
        return SCOPES.index(self.scope) >= SCOPES.index(scope)


def has_password(actor: Actor) -> bool:
    """Does the person sign in with a password that Continuum keeps?"""
    return can(actor.forge, "passwords")


def current() -> Actor:
    """Raises Unauthorized where nobody is signed in."""
    actor = g.get("actor")
    if actor is None:
        raise Unauthorized("sign in, or send a token: Authorization: Bearer …")
    return actor
