"""Rows of accounts and of what opens them, and of the audit log."""

from __future__ import annotations

from typing import Any

from .base import Moment, Row


class Account(Row):
    id: int
    forge: str
    login: str
    name: str
    role: str                               # owner, user
    external_id: str | None                 # the forge's own number of the person
    avatar_url: str | None
    disabled: bool
    created: Moment
    seen: Moment | None
    deleted: Moment | None
    has_password: bool
    forge_scopes: list[str] | None          # of the person's token of their forge; None: there is none


class DeletedLogins(Row):
    logins: list[str]                       # in lower case; without those that a living account has, too


class SessionFields(Row):
    id: int
    device: str
    ip: str
    created: Moment
    seen: Moment


class MadeSession(SessionFields):
    account: int
    secret: str | None = None               # only where dbproxy made it, and only in this answer


class SessionOfAccount(SessionFields):
    account: int
    secret_hash: str


class SessionWithAccount(SessionFields):
    account: Account


class TokenFields(Row):
    id: int
    name: str
    scope: str                              # read, write, admin
    ends: Moment | None
    created: Moment
    used: Moment | None


class Token(TokenFields):
    account: int


class TokenWithAccount(TokenFields):
    account: Account


class Invitation(Row):
    id: int
    login: str | None                       # None: the invited chooses
    role: str
    by: str
    created: Moment
    ends: Moment


class AuditEntry(Row):
    id: int
    at: Moment
    actor: str
    action: str
    object: str
    detail: Any
    ip: str | None
