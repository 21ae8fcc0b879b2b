"""Rows of what comes from forges and goes to them: deliveries, reports, pull requests, registrations, tokens."""

from __future__ import annotations

from .base import Moment, Row


class Delivery(Row):
    id: int
    forge: str
    guid: str
    event: str
    action: str | None
    repo: int | None
    repo_path: str | None
    state: str
    outcome: str
    run: int | None
    attempts: int
    received: Moment
    ended: Moment | None


class DeliveryWithPayload(Delivery):
    payload: dict


class ClaimedDelivery(DeliveryWithPayload):
    now: Moment                             # the database's time of the claim


class ReportedState(Row):
    stage: str                              # "": of the whole run
    state: str
    reason: str


class ClaimedReport(Row):
    """`known`: the forge's id of what is shown at the same place; `tried`: an attempt for it may have arrived."""

    id: int
    repo: int
    run: int
    channel: str
    about: ReportedState
    attempts: int
    created: Moment
    now: Moment                             # the database's time of the claim
    forge: str
    commit: str
    ref: str
    event: str
    kind: str
    known: str | None
    tried: bool


class ReportOutcome(Row):
    id: int
    state: str
    outcome: str
    attempts: int


class Approval(Row):
    commit: str
    actor: str
    at: Moment


class PullRun(Row):
    id: int
    commit: str
    state: str
    reason: str
    code: str
    params: dict
    created: Moment
    ended: Moment | None


class PullRequest(Row):
    repo: int
    number: int
    title: str
    author: str
    author_id: str
    head_commit: str
    head_ref: str
    head_repo_id: str | None                # None: the fork was deleted
    base_ref: str
    fork: bool
    state: str                              # open, closed
    comment: str | None                     # of ours, at the forge
    created: Moment
    changed: Moment
    approvals: list[Approval]
    run: PullRun | None                     # the newest


class ForgeApp(Row):
    """What is registered at a forge; `sealed` has the value for the service that asked, and no other."""

    forge: str
    kind: str
    client_id: str
    app_id: str | None
    slug: str | None
    html_url: str | None
    changed: Moment
    sealed: dict[str, str]


class ForgeToken(Row):
    account: int
    sealed: str                             # to orchestrator
    scopes: list[str]
    changed: Moment
