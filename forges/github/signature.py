"""Is a delivery signed with this webhook's secret? Over the raw body, by SHA-256 alone, compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
import re

from pydantic import SecretStr

from common.wire.errors import Unauthorized

HEADER = "X-Hub-Signature-256"
_FORM = re.compile(r"sha256=[0-9a-f]{64}")
REFUSED = "this delivery is not signed with this webhook's secret"


def check_form(given: str) -> None:
    """Before the body is read: what cannot be right costs nothing. Raises Unauthorized."""
    if not _FORM.fullmatch(given):
        raise Unauthorized(REFUSED)


def check(secret: SecretStr | None, body: bytes, given: str) -> None:
    """Raises Unauthorized; also where there is no secret, or an empty one, which anybody could sign with."""
    key = secret.get_secret_value().encode() if secret else b""
    expected = "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()
    if not key or not hmac.compare_digest(expected.encode(), given.encode()):
        raise Unauthorized(REFUSED)
