"""Connecting a repository, and its webhook: for people, with their own token and right at the forge, asked now."""

from __future__ import annotations

from datetime import datetime, timezone

from pydantic import SecretStr

from common.client import ServiceClient
from common.errors import Forbidden, NotFound
from forges import Account, Forge, Right

from . import heads
from .follow import Follower
from .repositories import Repositories

EVENTS = ["push", "create", "delete", "pull_request", "repository"]
WRITERS = {"write", "admin"}


class Connect:
    def __init__(self, db: ServiceClient, forges: dict[str, Forge], repositories: Repositories,
                 follower: Follower):
        self._db, self._forges, self._repositories, self._follower = db, forges, repositories, follower

    def account(self, number: int) -> Account:
        """Raises NotFound."""
        row = self._db.get(f"/v1/accounts/{number}")
        return Account(row["login"], row["role"], id=row["id"])

    def right(self, forge: str, owner: str, name: str, account: int) -> Right | None:
        try:
            return self._forges[forge].right_of(self.account(account), owner, name)
        except NotFound:
            return None

    def member(self, forge: str, organisation: str, account: int) -> bool:
        return self._forges[forge].member(self.account(account), organisation)

    def require_write(self, forge: str, owner: str, name: str, account: int) -> Account:
        """Raises NotFound where they may not even see it, Forbidden where they may only read."""
        right = self.right(forge, owner, name, account)
        if right is None:
            raise NotFound(f"there is no repository {owner}/{name}, or you may not see it")
        if right not in WRITERS:
            raise Forbidden(f"you may read {owner}/{name}, and this needs the right to write")
        return self.account(account)

    def connect(self, forge: str, owner: str, name: str, account: int) -> dict:
        """The repo's row. Its heads were there before us: they start no run."""
        who = self.require_write(forge, owner, name, account)
        place = self._forges[forge]
        found = place.repo(owner, name, who)
        repo = self._repositories.store(forge, found)
        if heads.LOOKED not in (repo.get("last_heads") or {}):
            seen = heads.of(place.refs(found.owner, found.name, who))
            self._follower.meet(repo, seen)
        return self._db.patch(f"/v1/repos/{repo['id']}", {"settings": {
            "forge_account": account, "gone": None, "unreached": None}})

    def add_webhook(self, repo: int, url: str, secret: SecretStr, account: int, actor: str) -> dict:
        """`{id, url, events}`. The forge says whether that person may; the generation is dashboard's to count."""
        row = self._db.get(f"/v1/repos/{repo}")
        number = self._forges[row["forge"]].add_webhook(row["owner"], row["name"], url, secret, self.account(account))
        before = (row.get("settings") or {}).get("webhook") or {}
        at = datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
        self._db.patch(f"/v1/repos/{repo}", {"settings": {
            "webhook": {**before, "id": number, "url": url, "by": actor, "at": at}}})
        return {"id": number, "url": url, "events": EVENTS}

    def remove_webhook(self, repo: int, account: int) -> dict:
        """The generation stays, so that the next one's secret is another."""
        row = self._db.get(f"/v1/repos/{repo}")
        hook = (row.get("settings") or {}).get("webhook") or {}
        if hook.get("id"):
            self._forges[row["forge"]].remove_webhook(row["owner"], row["name"], str(hook["id"]), self.account(account))
        kept = {"generation": hook["generation"]} if "generation" in hook else None
        self._db.patch(f"/v1/repos/{repo}", {"settings": {"webhook": kept}})
        return {"id": None, "url": None, "events": []}
