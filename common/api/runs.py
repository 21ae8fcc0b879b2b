"""Rows of runs and of their jobs."""

from __future__ import annotations

from .base import Moment, Row
from .deployments import Deployment
from .repos import Repo


class Run(Row):
    id: int
    repo: int
    forge: str
    repo_path: str                          # "owner/name"
    app: str
    kind: str
    ref: str
    commit: str
    event: str
    actor: str
    message: str
    author: str
    key: str | None
    inputs: dict
    state: str
    reason: str
    code: str                               # of the reason, as common/wire/reasons.py lists them
    params: dict                            # of the reason
    config: dict | None                     # RepoConfig as JSON; None until the build read it
    outputs: dict
    cancel_requested: bool
    canceled_by: str | None
    retries: int
    owner: str | None
    fence: int
    lease_until: Moment | None
    created: Moment
    started: Moment | None
    ended: Moment | None


class JobFields(Row):
    """Of a job all but its run. `started` and `ended` are ms since 1970, by the worker's clock."""

    stage: str
    attempt: int
    id: str                                 # "12.build.1"
    state: str
    reason: str
    code: str                               # of the reason, as common/wire/reasons.py lists them
    params: dict                            # of the reason
    worker: str | None
    inputs: dict | None
    outputs: dict
    steps: list[dict]
    progress: dict | None
    lines: int | None
    created: Moment
    started: int | None
    ended: int | None


class Job(JobFields):
    run: int


class RunWithJobs(Run):
    jobs: list[Job]


class StageJob(Row):
    """The newest job of one stage, as lists of runs show it."""

    run: int
    stage: str
    attempt: int
    state: str
    code: str                               # of its reason
    progress: dict | None
    started: int | None
    ended: int | None


class RunWithStages(Run):
    jobs: list[StageJob]


class NewestJob(JobFields):
    """The newest job of a stage that was a success, with its whole run."""

    run_id: int
    run: Run


class RenewedLease(Row):
    cancel_requested: bool
    fence: int
    lease_until: Moment


class RepoStarts(Row):
    """What a run of `ref` that does not begin with build could start from."""

    repo: Repo
    ref: str
    newest: dict[str, NewestJob | None]     # stage whose result lasts -> its newest success
    deployments: list[Deployment]           # live, kept or stopped, the newest first
    runs: list[RunWithJobs]                 # of the newest three of these
