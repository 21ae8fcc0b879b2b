"""A repository's own webhook: made once, found again by where it goes, removed by us."""

from __future__ import annotations

import logging

from pydantic import SecretStr

from common.wire.errors import BadRequest, NotFound, Problem

from .client import Client, repo_path

log = logging.getLogger(__name__)

EVENTS = ("create", "delete", "public", "pull_request", "push", "repository")


class Hooks:
    """`token` is the person's who asks for it: only an admin of the repository may."""

    def __init__(self, client: Client):
        self._client = client

    def add(self, token: SecretStr, owner: str, name: str, url: str, secret: SecretStr) -> str:
        """Made, or brought up to date where one goes to `url` already; answers its id."""
        known = self._find(token, owner, name, url)
        if known:
            return self._update(token, owner, name, known, url, secret)
        try:
            return str(self._client.change("POST", repo_path(owner, name, "hooks"), token,
                                           {"name": "web", **_wanted(url, secret)})["id"])
        except BadRequest:
            known = self._find(token, owner, name, url)      # made by another at the same moment
            if not known:
                raise
            return self._update(token, owner, name, known, url, secret)

    def remove(self, token: SecretStr, owner: str, name: str, hook: str) -> None:
        try:
            self._client.change("DELETE", repo_path(owner, name, "hooks", hook), token)
        except NotFound:
            return                   # it is gone already, which is what was asked for

    def _find(self, token: SecretStr, owner: str, name: str, url: str) -> str | None:
        for page in self._client.pages(repo_path(owner, name, "hooks"), token):
            for hook in page:
                if hook["config"].get("url") == url:
                    return str(hook["id"])
        return None

    def _update(self, token: SecretStr, owner: str, name: str, hook: str, url: str, secret: SecretStr) -> str:
        self._client.change("PATCH", repo_path(owner, name, "hooks", hook), token, _wanted(url, secret))
        self._ping(token, owner, name, hook)
        return hook

    def _ping(self, token: SecretStr, owner: str, name: str, hook: str) -> None:
        """GitHub pings a new webhook by itself, a changed one when asked. The change stands without it, too."""
        try:
            self._client.change("POST", repo_path(owner, name, "hooks", hook, "pings"), token)
        except Problem as problem:
            log.warning("webhook %s of %s/%s was not pinged: %s", hook, owner, name, problem.detail)


def _wanted(url: str, secret: SecretStr) -> dict:
    """The secret is always sent: one that was changed by hand is put right."""
    return {"active": True, "events": list(EVENTS),
            "config": {"url": url, "content_type": "json", "insecure_ssl": "0", "secret": secret.get_secret_value()}}
