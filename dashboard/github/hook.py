"""A repository's own webhook: its address here, and its secret, which is derived and kept nowhere."""

from __future__ import annotations

import hashlib
import hmac
import time
from datetime import datetime, timezone

from flask import current_app
from pydantic import SecretStr

from ..services import dbproxy


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


def url(repo: int) -> str:
    return f"{current_app.config['SETTINGS'].public_url}/webhooks/github/{repo}"


def retire(repo: dict) -> None:
    """After the webhook's end its secret ends, too."""
    dbproxy.patch(f"/v1/repos/{repo['id']}", {"settings": {"webhook": {"generation": next_generation(repo)}}})


def put_back(repo: dict) -> None:
    """As `repo` had it: what could not be made anew goes on as it was."""
    dbproxy.patch(f"/v1/repos/{repo['id']}", {"settings": {"webhook": of(repo)}})


def note(repo: dict, number: int, actor: str) -> None:
    """Remember the generation whose secret counts from now on."""
    at = datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
    dbproxy.patch(f"/v1/repos/{repo['id']}", {"settings": {"webhook": {
        **(of(repo) or {}), "generation": number, "url": url(repo["id"]), "by": actor, "at": at}}})
