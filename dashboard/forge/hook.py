"""A repository's own webhook: its address here, and its secret, which is derived and kept nowhere.

orchestrator alone writes the setting `webhook`.
"""

from __future__ import annotations

import hashlib
import hmac
import time

from flask import current_app
from pydantic import SecretStr


def of(repo: dict) -> dict | None:
    """`{id, generation, url, by, at}` as the repo's settings have it; None where there is none."""
    found = (repo.get("settings") or {}).get("webhook")
    return found if found and found.get("generation") else None


def next_generation(repo: dict) -> int:
    """Higher than every one before, also where the webhook was removed meanwhile and its number with it."""
    return max(int(time.time() * 1000), int((of(repo) or {}).get("generation") or 0) + 1)


def secret(repo: int, number: int) -> SecretStr:
    """Of each generation another one, so that making the webhook anew also changes what it is signed with."""
    key = current_app.config["SECRET_KEY"].encode()
    return SecretStr(hmac.new(key, f"webhook:{repo}:{number}".encode(), hashlib.sha256).hexdigest())


def url(repo: dict) -> str:
    return f"{current_app.config['SETTINGS'].public_url}/webhooks/{repo['forge']}/{repo['id']}"
