"""Rows of repositories: what people set, what Continuum learned, members, secrets and limits."""

from __future__ import annotations

from datetime import date
from typing import Any

from ..wire.contracts import Limits
from .base import Moment, Row


class Feedback(Row):
    """Which of its reports the forge gets."""

    statuses: bool = True
    deployments: bool = True
    comment: bool = True
    checks: bool = True


class RepoSettings(Row):
    """What people choose for a repository. The defaults hold where nobody chose."""

    feedback: Feedback = Feedback()
    submodules: bool = True
    private_submodules: bool = False        # the token goes to submodules of the same host too
    lfs: bool = False
    supersede: bool = True                  # a new run ends the waiting ones of the same branch and kind
    shared_with: tuple[str, ...] = ()       # "owner/name" or "owner": may have it as a submodule, on the local forge


class Webhook(Row):
    """The repository's own webhook at its forge. After its removal the generation remains, and ends its secret."""

    id: int | str | None = None             # at the forge; None: not there yet, or no more
    generation: int
    url: str | None = None
    by: str | None = None
    at: str | None = None


class RepoState(Row):
    """What Continuum learned about a repository."""

    forge_account: int | None = None        # whoever connected it
    webhook: Webhook | None = None
    gone: str | None = None                 # why its forge shows it no more
    unreached: str | None = None            # why its forge refuses us
    archived: bool = False


class LastRun(Row):
    """The newest run, as lists of repositories show it."""

    id: int
    kind: str
    ref: str
    commit: str
    message: str
    author: str
    actor: str
    event: str
    state: str
    reason: str
    code: str
    params: dict
    created: Moment
    started: Moment | None
    ended: Moment | None


class LiveDeployment(Row):
    """The live deployment, as lists of repositories show it."""

    id: int
    run: int
    digest: str
    commit: str
    url: str | None
    container: str | None
    live_since: Moment | None
    environment: str
    health: str | None
    health_reason: str
    health_since: Moment | None


class Repo(Row):
    id: int
    forge: str
    owner: str
    name: str
    path: str                               # "owner/name"
    app: str                                # first label of its host name
    default_branch: str
    private: bool
    description: str
    url: str
    external_id: str | None                 # the forge's own number
    settings: RepoSettings
    state: RepoState
    last_heads: dict[str, str]              # ref -> commit
    created: Moment
    last_run: LastRun | None
    live: LiveDeployment | None


class KnownRepo(Row):
    id: int
    owner: str
    name: str
    private: bool
    external_id: str | None


class RefUpdate(Row):
    """What became of one change of a branch, a tag or a pull request's head."""

    id: int
    repo: int
    ref: str
    before: str | None
    after: str | None
    actor: str | None
    outcome: str
    run: int | None
    at: Moment


class PushedImage(Row):
    repository: str
    digest: str


class PushedImages(Row):
    images: list[PushedImage]


class RepoUsage(Row):
    waiting: int                            # runs of one person, of all repositories
    secrets: int
    kept: int
    deploy: Any                             # of the newest run's .continuum.yml; None: no run has read one


class DayCounts(Row):
    day: date
    success: int
    failure: int
    error: int
    canceled: int
    median_seconds: float | None            # of the runs that were a success


class RepoStats(Row):
    success: int
    failure: int
    error: int
    canceled: int
    waiting: int                            # pending and running, of whatever day
    days: list[DayCounts]


class Member(Row):
    account: int
    forge: str
    login: str
    name: str
    right: str
    at: Moment


class Membership(Row):
    repo: int
    right: str


class Secret(Row):
    name: str
    use: list[str]
    set_by: str
    set_at: Moment


class SecretWithValue(Secret):
    sealed: str                             # base64, to the service that was asked for


class LimitsAnswer(Row):
    """`limits` hold; `set` were set here; `otherwise` would hold without these."""

    limits: Limits
    set: dict[str, Any]
    otherwise: Limits


class DiskLimits(Row):
    otherwise: int                          # bytes
    repos: dict[int, int]                   # those that have a limit of their own
