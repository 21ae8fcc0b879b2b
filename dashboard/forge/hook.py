"""A repository's own webhook: its address here, and its secret, which is derived and kept nowhere.

orchestrator alone writes `webhook` in the state of a repository.
"""

from __future__ import annotations

import hashlib
import hmac
import time

from flask import current_app
from pydantic import SecretStr

from common.api.repos import Repo


def next_generation(repo: Repo) -> int:
    """Higher than every one before, also where the webhook was removed meanwhile and its number with it."""
    return max(int(time.time() * 1000), (repo.state.webhook.generation if repo.state.webhook else 0) + 1)


def secret(repo: int, number: int) -> SecretStr:
    """Of each generation another one, so that making the webhook anew also changes what it is signed with."""
    key = current_app.config["SECRET_KEY"].encode()
    return SecretStr(hmac.new(key, f"webhook:{repo}:{number}".encode(), hashlib.sha256).hexdigest())


def url(repo: Repo) -> str:
    return f"{current_app.config['SETTINGS'].public_url}/webhooks/{repo.forge}/{repo.id}"
