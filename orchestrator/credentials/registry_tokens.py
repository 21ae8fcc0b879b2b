"""Signs the tokens that our registry accepts (distribution, docs/spec/auth/jwt and token authentication).

The certificate goes along in `x5c`, where distribution's specification lets a registry look for it. Tried with 2.8.
"""

from __future__ import annotations

import base64
import time
import uuid
from collections.abc import Callable, Sequence

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key
from pydantic import BaseModel, ConfigDict, Field

ISSUER, SERVICE = "continuum", "registry"      # as docker-compose.yml sets them for the registry
LIFETIME = 300                                 # seconds
_PART = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*"
NAME = f"^{_PART}(/{_PART})*$"                  # distribution's own grammar (reference/regexp.go)


class Access(BaseModel):
    """What a token lets its holder do with the images of one name."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=NAME, max_length=255)
    actions: list[str] = Field(max_length=10)


class RegistryTokens:
    def __init__(self, private_key: str, certificate: str, clock: Callable[[], float] = time.time):
        """`private_key`: PKCS #8, `certificate`: X.509 of it; both DER in base64. Raises ValueError."""
        self._key = load_der_private_key(base64.b64decode(private_key), None)
        if not isinstance(self._key, EllipticCurvePrivateKey):
            raise ValueError("not an elliptic curve's key")
        self._header = {"x5c": [certificate]}
        self._clock = clock

    def sign(self, subject: str, access: Sequence[Access], lifetime: int = LIFETIME) -> dict:
        """`{token, expires_in}`. `subject`: who gets it, for the registry's log."""
        now = int(self._clock())
        granted = [{"type": "repository", "name": item.name, "actions": item.actions} for item in access if item.actions]
        claimer = {"iss": ISSUER, "aud": SERVICE, "sub": subject, "iat": now, "nbf": now, "exp": now + lifetime,
                  "jti": uuid.uuid4().hex, "access": granted}
        return {"token": jwt.encode(claimer, self._key, algorithm="ES256", headers=self._header), "expires_in": lifetime}
