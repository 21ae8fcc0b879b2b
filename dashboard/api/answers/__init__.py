"""What the API answers. Times are ISO 8601 in UTC; times of jobs, steps and log lines are milliseconds since 1970."""

from __future__ import annotations

from .people import Account, AuditEntry, Invitation, NewInvitation, NewToken, Session, Token
from .platform import Part, Status
from .repos import (
                    ConfigCheck,
                    DiskUse,
                    ForgeRepo,
                    LimitsSet,
                    Member,
                    Quota,
                    Quotas,
                    Ref,
                    Refs,
                    RefUpdate,
                    Repo,
                    RepoSettings,
                    Secret,
                    Stats,
)
from .results import Case, Finding, Findings, Tests, Waiver
from .runs import Deployment, Job, Kinds, Lines, Run, RunDetail, Usage
from .shared import Accepted, Page

__all__ = ["Accepted", "Account", "AuditEntry", "Case", "ConfigCheck", "Deployment", "DiskUse", "Finding", "Findings",
           "ForgeRepo", "Invitation", "Job", "Kinds", "LimitsSet", "Lines", "Member", "NewInvitation", "NewToken",
           "Page", "Part", "Quota", "Quotas", "Ref", "RefUpdate", "Refs", "Repo", "RepoSettings", "Run", "RunDetail",
           "Secret", "Session", "Stats", "Status", "Tests", "Token", "Usage", "Waiver"]
