"""A webhook's signature, as GitHub makes it."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid


def raw(payload: dict) -> bytes:
    """The body that is signed and sent."""
    return json.dumps(payload, separators=(",", ":")).encode()


def sign(secret: str, body: bytes) -> str:
    """Of the header X-Hub-Signature-256."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def headers(event: str, body: bytes, secret: str, *, guid: str | None = None, hook: int = 1) -> dict[str, str]:
    """All that GitHub sends with a delivery."""
    sha1 = "sha1=" + hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()
    return {"Content-Type": "application/json", "User-Agent": "GitHub-Hookshot/0000000", "X-GitHub-Event": event,
            "X-GitHub-Delivery": guid or str(uuid.uuid4()), "X-GitHub-Hook-ID": str(hook), "X-Hub-Signature": sha1,
            "X-Hub-Signature-256": sign(secret, body), "X-GitHub-Hook-Installation-Target-Type": "repository"}
