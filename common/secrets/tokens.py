"""Services prove who they are: each signs short tokens with its own key and knows only the others' public ones.

A token is a JWT (RFC 7519) signed with EdDSA (RFC 8037), `iss` the caller, `aud` the callee, alive for 60 s.
"""

from __future__ import annotations

import base64
import time

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ..wire.errors import Unauthorized

LIFETIME = 60      # seconds; a token is made for each group of calls, never stored
LEEWAY = 3700      # seconds: containers' clocks may be an hour apart (fault F22)
KEPT = 100         # tokens that were found good; a caller sends the same one for half a minute


def new_key() -> tuple[str, str]:
    """(private, public), each base64 of 32 bytes."""
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return base64.b64encode(key.private_bytes_raw()).decode(), base64.b64encode(public).decode()


class Signer:
    """Makes the tokens of one service; one token serves an audience for half its lifetime."""

    def __init__(self, service: str, private_key: str):
        self._service = service
        self._key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(private_key))
        self._kept: dict[str, tuple[float, str]] = {}

    def token(self, audience: str) -> str:
        made, token = self._kept.get(audience, (0.0, ""))
        if time.monotonic() - made > LIFETIME / 2 or not token:
            now = int(time.time())
            claims = {"iss": self._service, "aud": audience, "iat": now, "exp": now + LIFETIME}
            token = jwt.encode(claims, self._key, algorithm="EdDSA")
            self._kept[audience] = (time.monotonic(), token)
        return token


class Verifier:
    """Tells which service a token comes from. A signature is checked once a token, not once a call."""

    def __init__(self, service: str, public_keys: str):
        """`public_keys`: "name=BASE64,…" as in SERVICE_PUBLIC_KEYS."""
        self._service = service
        self._keys = {name: Ed25519PublicKey.from_public_bytes(base64.b64decode(key))
                      for name, _, key in (item.strip().partition("=") for item in public_keys.split(",") if item)}
        self._good: dict[str, tuple[str, float]] = {}      # token -> its signer, its end

    def caller(self, token: str) -> str:
        """Name of the service that signed; raises Unauthorized for anything but a good token for us."""
        issuer, end = self._good.get(token, ("", 0.0))
        if time.time() >= end:
            issuer, end = self._checked(token)
            if len(self._good) >= KEPT:
                self._good.clear()
            self._good[token] = issuer, end
        return issuer

    def _checked(self, token: str) -> tuple[str, float]:
        try:
            issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
            claims = jwt.decode(token, self._keys[issuer], algorithms=["EdDSA"], audience=self._service, leeway=LEEWAY,
                                options={"require": ["iss", "aud", "exp", "iat"]})
        except (jwt.PyJWTError, KeyError, TypeError) as problem:
            raise Unauthorized("the call carries no valid service token") from problem
        return issuer, claims["exp"] + LEEWAY
