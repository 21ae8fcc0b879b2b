"""Repositories: what they are, how they do, what is set for them."""

from __future__ import annotations

from pydantic import BaseModel, Field

from common.wire.contracts import Limits
from forges import FORGES

from .runs import Deployment, Run


class Repo(BaseModel):
    id: int
    forge: str
    owner: str
    name: str
    default_branch: str | None = None
    private: bool = True
    description: str | None = ""
    url: str | None = ""
    app: str | None = None
    right: str | None = Field(None, description="yours: read, write or admin")
    created: str | None = None
    last_run: Run | None = None
    live: Deployment | None = None


class ForgeRepo(BaseModel):
    forge: str = next(iter(FORGES))
    owner: str
    name: str
    default_branch: str | None = None
    private: bool = True
    description: str | None = ""


class Stats(BaseModel):
    success: int = 0
    failure: int = 0
    error: int = 0
    canceled: int = 0
    waiting: int = 0
    days: list = []


class Ref(BaseModel):
    name: str
    commit: str


class Refs(BaseModel):
    default_branch: str
    branches: list[Ref]
    tags: list[Ref]


class RefUpdate(BaseModel):
    id: int
    ref: str = Field(description="full name, such as refs/heads/main")
    before: str | None = Field(None, description="commit; null where the ref is new")
    after: str | None = Field(None, description="commit; null where the ref was deleted")
    actor: str | None = None
    outcome: str = Field(description="what became of it, or why it started no run")
    run: int | None = Field(None, description="that it started")
    at: str | None = None


class Secret(BaseModel):
    name: str
    use: list[str] = []
    set_by: str | None = None
    set_at: str | None = None


class Member(BaseModel):
    account: int
    login: str | None = None
    name: str | None = None
    right: str


class Quota(BaseModel):
    name: str
    used: int
    allowed: int | None = None


class Quotas(BaseModel):
    items: list[Quota]


class LimitsSet(BaseModel):
    limits: Limits = Field(description="what holds: sizes in bytes, times in seconds")
    set: dict = Field({}, description="those that an owner set here")
    otherwise: Limits = Field(description="what would hold without what is set here")


class DiskUse(BaseModel):
    volumes: int = Field(description="bytes, as the others")
    containers: int = Field(description="writable layers of containers that exist, kept versions included")
    images: int = Field(description="in the registry, compressed; what images share counts once")
    total: int
    limit: int


class ConfigCheck(BaseModel):
    ref: str
    found: bool
    valid: bool
    text: str | None = None
    errors: list[dict] = Field([], description="line, message")
    config: dict | None = None


class RepoSettings(BaseModel):
    repo: int
    settings: dict = {}
