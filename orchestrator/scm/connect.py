"""Connecting a repository, and its webhook: for people, with their own token and right at the forge, asked now.

Nobody else writes `webhook` of a repository's state.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone

from pydantic import SecretStr

from common.api.client import Dbproxy
from common.api.repos import Repo, Webhook
from common.wire.errors import Conflict, Forbidden, NotFound, Problem, ServiceDown
from forges import Account, Forge, Right

from ..background.lease import Lease
from . import ref_snapshot as heads
from .ref_sync import RefSync
from .repositories import Repositories

WRITERS = {"write", "admin"}
TURN = 60            # seconds of the lease on a repository's webhook; the forge is asked three times at most
STORED = 60          # seconds that dbproxy is tried: what the forge has by then must be noted


class Connect:
    def __init__(self, db: Dbproxy, forges: dict[str, Forge], repositories: Repositories,
                 ref_sync: RefSync):
        self._db, self._forges, self._repositories, self._ref_sync = db, forges, repositories, ref_sync

    def account(self, number: int) -> Account:
        """Raises NotFound."""
        row = self._db.accounts.get(number)
        return Account(row.login, row.role, id=row.id)

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

    def connect(self, forge: str, owner: str, name: str, account: int) -> Repo:
        """The repo's row. Its heads were there before us: they start no run."""
        who = self.require_write(forge, owner, name, account)
        place = self._forges[forge]
        found = place.repo(owner, name, who)
        repo = self._repositories.store(forge, found)
        if heads.LOOKED not in repo.last_heads:
            seen = heads.of(place.refs(found.owner, found.name, who))
            self._ref_sync.meet(repo, seen)
        return self._db.repos.change(repo.id, state={"forge_account": account, "gone": None, "unreached": None})

    def add_webhook(self, repo: int, url: str, secret: SecretStr, generation: int, account: int, actor: str) -> dict:
        """`{id, url, events}`. `secret` is the one of `generation`. The forge says whether that person may."""
        with self._turn(repo):
            row = self._db.repos.get(repo)
            forge, before = self._forges[row.forge], row.state.webhook
            at = datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
            wanted = Webhook(id=before and before.id, generation=generation, url=url, by=actor, at=at)
            self._note(repo, wanted)      # before the forge has it: its first delivery comes at once
            try:
                number = forge.add_webhook(row.owner, row.name, url, secret, self.account(account))
            except (Problem, ServiceDown):
                self._note(repo, before)
                raise
            self._note(repo, wanted.model_copy(update={"id": number}))
            return {"id": number, "url": url, "events": list(forge.webhook_events)}

    def remove_webhook(self, repo: int, generation: int, account: int) -> dict:
        """`generation` is a new one: after the webhook's end its secret ends, too."""
        with self._turn(repo):
            row = self._db.repos.get(repo)
            known = row.state.webhook
            if known and known.id:
                self._forges[row.forge].remove_webhook(row.owner, row.name, str(known.id), self.account(account))
            self._note(repo, Webhook(generation=generation))
            return {"id": None, "url": None, "events": []}

    def _note(self, repo: int, webhook: Webhook | None) -> None:
        noted = webhook and webhook.model_dump(exclude_none=True)
        self._db.within(patience=STORED).repos.change(repo, state={"webhook": noted})

    @contextmanager
    def _turn(self, repo: int) -> Iterator[None]:
        """One change of a repository's webhook at a time: the secret at the forge and the generation that is noted belong
        together. Raises Conflict while another is on its way."""
        lease = Lease(self._db, f"webhook-{repo}", TURN)
        if not lease.claim():
            raise Conflict("this webhook is being changed at this moment: look at it again in a few seconds")
        try:
            yield
        finally:
            lease.release()
