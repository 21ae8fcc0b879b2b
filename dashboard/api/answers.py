"""What the API answers. Times are ISO 8601 in UTC; times of jobs, steps and log lines are milliseconds since 1970."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from pydantic import BaseModel, Field

Item = TypeVar("Item")


class Page(BaseModel, Generic[Item]):
    items: list[Item]
    total: int
    page: int
    per_page: int


class Job(BaseModel):
    stage: str
    attempt: int
    state: str
    reason: str = ""
    worker: str | None = None
    created: str | None = None
    steps: list[dict] = Field([], description="number, name, state, first_line, last_line, started, ended")
    progress: dict | None = Field(None, description="done, total, unit")
    lines: int | None = 0
    outputs: dict[str, Any] | None = {}
    started: int | str | None = None
    ended: int | str | None = None


class Run(BaseModel):
    id: int
    repo: int
    kind: str
    ref: str | None = None
    commit: str | None = None
    event: str | None = None
    actor: str | None = None
    message: str | None = None
    author: str | None = None
    state: str
    reason: str | None = ""
    cancel_requested: bool = False
    created: str | None = None
    started: str | None = None
    ended: str | None = None
    jobs: list[Job] = Field([], description="in lists the newest of each stage")


class RunDetail(Run):
    config: dict | None = None
    outputs: dict | None = {}


class Deployment(BaseModel):
    id: int
    run: int | None = None
    repo: int | None = None
    environment: str = "production"
    state: str
    reason: str | None = ""
    digest: str | None = None
    repository: str | None = None
    commit: str | None = None
    actor: str | None = None
    url: str | None = None
    findings: dict | None = None
    created: str | None = None
    changed: str | None = None


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
    forge: str = "local"
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


class Kinds(BaseModel):
    kinds: dict[str, str | None] = Field(description="kind -> null, or why it cannot run now")


class Ref(BaseModel):
    name: str
    commit: str


class Refs(BaseModel):
    default_branch: str
    branches: list[Ref]
    tags: list[Ref]


class Lines(BaseModel):
    lines: list[list] = Field(description="[number, at, step, text, continues the line before]")
    last: int = Field(description="number of the last line stored")
    complete: bool = Field(description="the job is over and every line of it is here")
    numbers: list[int] | None = Field(None, description="with `find`: lines that hold the text")
    ranges: list[list[int]] | None = Field(None, description="with `step` alone: its lines, as [first, last] of each stretch")
    truncated: bool | None = Field(None, description="there are more than these")


class Finding(BaseModel):
    vulnerability: str
    package: str
    version: str | None = ""
    type: str | None = ""
    severity: str = "unknown"
    fixed_in: str | list | None = None
    state_of_fix: str | None = None
    path: str | None = None
    url: str | None = None
    description: str | None = None
    risk: float | None = None
    epss: float | None = None
    known_exploited: bool | None = False
    waived: bool = False
    waiver_reason: str | None = None
    change: str | None = None


class Findings(Page[Finding]):
    summary: dict = {}
    gone: list = []


class Case(BaseModel):
    suite: str = ""
    name: str
    state: str
    seconds: float | None = None
    message: str | None = None
    detail: str | None = None
    file: str | None = None
    line: int | None = None
    log_line: int | None = None


class Tests(BaseModel):
    __test__ = False
    attempt: int | None = None
    cases: list[Case] = []
    declared: bool | None = None
    notice: str | None = None


class Waiver(BaseModel):
    id: int
    vulnerability: str
    package: str | None = None
    reason: str
    until: str | None = None
    actor: str | None = None
    created: str | None = None


class Secret(BaseModel):
    name: str
    use: list[str] = []
    set_by: str | None = None
    set_at: str | None = None


class Account(BaseModel):
    id: int
    forge: str
    login: str
    name: str | None = ""
    role: str
    disabled: bool = False
    seen: str | None = None
    created: str | None = None


class Member(BaseModel):
    account: int
    login: str | None = None
    name: str | None = None
    right: str


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


class Quota(BaseModel):
    name: str
    used: int
    allowed: int | None = None


class Quotas(BaseModel):
    items: list[Quota]


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


class Usage(BaseModel):
    cpu: float | None = None
    memory: float | None = None
    memory_limit: float | None = None
    samples: list = []


class ConfigCheck(BaseModel):
    ref: str
    found: bool
    valid: bool
    text: str | None = None
    errors: list[dict] = Field([], description="line, message")
    config: dict | None = None


class Accepted(BaseModel):
    detail: str


class Part(BaseModel):
    name: str
    state: str = Field(description="success, pending (late) or failure")
    detail: str


class Status(BaseModel):
    """Of a part that does not answer there is null."""

    parts: list[Part]
    warnings: list[str] = []
    workers: dict | None = None
    log_queue: dict | None = None
    database: dict | None = None
    vulnerabilities: dict | None = None
    engine: dict | None = None


class RepoSettings(BaseModel):
    repo: int
    settings: dict = {}
