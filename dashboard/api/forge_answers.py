"""What the API answers about forges."""

from __future__ import annotations

from pydantic import BaseModel, Field

from .answers import Page


class OwnRepo(BaseModel):
    """A repository that you can push to."""

    owner: str
    name: str
    private: bool = True
    default_branch: str | None = None
    description: str | None = ""
    url: str | None = ""
    dockerfile: bool | None = Field(None, description="is there a Dockerfile; null: not looked yet")
    repo: int | None = Field(None, description="its number here, where it is connected")


class OwnRepos(Page[OwnRepo]):
    refreshed: str | None = Field(None, description="when the list was fetched from the forge")
    refreshing: bool = False
    rate: dict | None = Field(None, description="limit, remaining, resets, paused_until of the forge's rate limit for you")


class AppCheck(BaseModel):
    ok: bool = Field(description="with both values: the forge knows them")
    field: str | None = Field(None, description="which of the two is wrong")
    problem: str | None = None


class App(BaseModel):
    """How this installation is registered at a forge; no answer of ours holds a secret."""

    kind: str = Field(description="oauth, or app")
    client_id: str
    slug: str | None = None
    html_url: str | None = None
    stored: bool = Field(description="by the setup page; else it stands in .env")


class Delivery(BaseModel):
    """A webhook's delivery and what became of it."""

    id: int
    guid: str
    event: str
    action: str | None = None
    state: str = Field(description="queued, working, done or failed")
    outcome: str | None = ""
    run: int | None = None
    attempts: int = 0
    received: str | None = None
    ended: str | None = None


class Grant(BaseModel):
    """What fetches the code and reports for this repository."""

    kind: str = Field(description="installation (of the App), person, or none")
    who: str | None = None
    problem: str | None = None


class Webhook(BaseModel):
    """A repository's webhook at its forge, and how it is reached."""

    repo: int
    made: bool
    by_app: bool = Field(False, description="the App's own webhook tells of its pushes, so it needs none")
    url: str
    events: list[str] | None = None
    by: str | None = None
    at: str | None = None
    last: Delivery | None = Field(None, description="the last delivery and its answer")
    grant: Grant | None = None
    problem: str | None = Field(None, description="why deliveries cannot arrive")
    silence: str | None = Field(None, description="why none may have arrived since it was made, and where to look")


class Pull(BaseModel):
    number: int
    title: str
    author: str
    author_id: str | int | None = None
    head_commit: str
    head_ref: str | None = None
    base_ref: str | None = None
    fork: bool = False
    state: str
    approvals: list[dict] = Field([], description="commit, actor, at")
    run: dict | None = Field(None, description="its newest run")
    waits: bool = Field(False, description="from a fork, and nobody approved this commit yet")
