"""Accounts, what opens them, and the audit log. Secrets are named by their SHA-256 in hex."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ..base import Page, written
from ..people import (
    Account,
    AuditEntry,
    DeletedLogins,
    Invitation,
    MadeSession,
    SessionOfAccount,
    SessionWithAccount,
    Token,
    TokenWithAccount,
)
from .resource import Resource, given, segment


class Accounts(Resource):
    """Filters: `q forge role login external_id`; sorted by `login created seen id`."""

    def get(self, account: int) -> Account:
        return self._get(Account, f"/v1/accounts/{account}")

    def page(self, **query: Any) -> Page[Account]:
        return self._page(Account, "/v1/accounts", query)

    def all(self, **filters: Any) -> Iterator[Account]:
        return self._each(Account, "/v1/accounts", filters)

    def create(self, **account: Any) -> Account:
        """`account`: `forge login name role password external_id avatar_url`. Raises Conflict `taken`."""
        return self._write(Account, "POST", "/v1/accounts", given(**account))

    def change(self, account: int, **change: Any) -> Account:
        """`change`: `name role disabled password avatar_url external_id keep_session keep_tokens`."""
        return self._write(Account, "PATCH", f"/v1/accounts/{account}", given(**change))

    def remove(self, account: int) -> None:
        """Raises Conflict `last_owner`."""
        self._call("DELETE", f"/v1/accounts/{account}")

    def deleted_logins(self) -> list[str]:
        """In lower case."""
        return self._get(DeletedLogins, "/v1/accounts/deleted-logins").logins

    def verify(self, forge: str, login: str, password: str, ip: str) -> Account:
        """Raises Unauthorized, and a 429 Problem `too_many` with its `retry_after`."""
        return self._write(Account, "POST", "/v1/accounts/verify",
                           {"forge": forge, "login": login, "password": password, "ip": ip})

    def refused(self, login: str, why: str, ip: str) -> None:
        """A sign-in that another forge vouched for failed: for the audit log."""
        self._call("POST", "/v1/accounts/refused", {"login": login, "why": why, "ip": ip})


class Sessions(Resource):
    def create(self, account: int, device: str, ip: str, hash: str | None = None) -> MadeSession:
        """Without `hash` the answer has a `secret` that was made for it."""
        return self._write(MadeSession, "POST", "/v1/sessions", given(account=account, device=device, ip=ip, hash=hash))

    def get(self, secret_hash: str) -> SessionWithAccount:
        return self._get(SessionWithAccount, f"/v1/sessions/{segment(secret_hash)}")

    def remove(self, secret_hash: str) -> None:
        self._call("DELETE", f"/v1/sessions/{segment(secret_hash)}")

    def of_account(self, account: int) -> list[SessionOfAccount]:
        return self._list(SessionOfAccount, f"/v1/accounts/{account}/sessions")

    def remove_of_account(self, account: int, session: int) -> None:
        self._call("DELETE", f"/v1/accounts/{account}/sessions/{session}")


class Tokens(Resource):
    def create(self, account: int, name: str, scope: str, hash: str, ends: datetime | None = None) -> Token:
        return self._write(Token, "POST", f"/v1/accounts/{account}/tokens",
                           given(name=name, scope=scope, hash=hash, ends=ends and written(ends)))

    def of_account(self, account: int) -> list[Token]:
        return self._list(Token, f"/v1/accounts/{account}/tokens")

    def get(self, token: int) -> Token:
        return self._get(Token, f"/v1/tokens/{token}")

    def by_hash(self, hash: str) -> TokenWithAccount:
        return self._get(TokenWithAccount, f"/v1/tokens/by-hash/{segment(hash)}")

    def remove(self, token: int) -> None:
        self._call("DELETE", f"/v1/tokens/{token}")


class Invitations(Resource):
    def create(self, hash: str, role: str, by: str, ends: datetime, login: str | None = None) -> Invitation:
        return self._write(Invitation, "POST", "/v1/invitations",
                           given(hash=hash, role=role, by=by, ends=written(ends), login=login))

    def open(self) -> list[Invitation]:
        """Neither used nor past their end, the newest first."""
        return self._list(Invitation, "/v1/invitations")

    def by_hash(self, hash: str) -> Invitation:
        return self._get(Invitation, f"/v1/invitations/by-hash/{segment(hash)}")

    def remove(self, invitation: int) -> None:
        self._call("DELETE", f"/v1/invitations/{invitation}")

    def accept(self, hash: str, login: str, password: str, name: str = "") -> Account:
        """Raises NotFound for one that is unknown, used or over, and Conflict `taken`."""
        return self._write(Account, "POST", "/v1/invitations/accept",
                           {"hash": hash, "login": login, "password": password, "name": name})


class Audit(Resource):
    """Filters: `actor action object`; the newest first."""

    def add(self, actor: str, action: str, object: str = "", detail: Any = None, ip: str | None = None,
            key: str | None = None) -> AuditEntry:
        """The same `key` again is the same entry."""
        return self._write(AuditEntry, "POST", "/v1/audit",
                           given(actor=actor, action=action, object=object, detail=detail, ip=ip, key=key))

    def page(self, **query: Any) -> Page[AuditEntry]:
        return self._page(AuditEntry, "/v1/audit", query)

    def all(self, **filters: Any) -> Iterator[AuditEntry]:
        return self._each(AuditEntry, "/v1/audit", filters)
