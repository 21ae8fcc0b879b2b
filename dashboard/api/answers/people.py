"""Accounts, what opens them, and what was done with them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field


class Account(BaseModel):
    id: int
    forge: str
    login: str
    name: str | None = ""
    role: str
    disabled: bool = False
    seen: str | None = None
    created: str | None = None


class Token(BaseModel):
    id: int
    name: str
    scope: str
    ends: str | None = None
    used: str | None = None
    created: str | None = None


class NewToken(Token):
    token: str = Field(description="shown this once")


class Invitation(BaseModel):
    id: int
    login: str | None = None
    role: str
    by: str | None = None
    created: str | None = None
    ends: str | None = None


class NewInvitation(Invitation):
    url: str = Field(description="shown this once")


class Session(BaseModel):
    id: str | int
    device: str | None = ""
    ip: str | None = ""
    seen: str | None = None
    created: str | None = None
    this: bool = False


class AuditEntry(BaseModel):
    id: int | None = None
    at: str | None = None
    actor: str | None = None
    action: str
    object: str | None = ""
    detail: Any = None
    ip: str | None = None
