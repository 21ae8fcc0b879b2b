"""All resources of dbproxy, by name."""

from __future__ import annotations

from typing import Any

from ..events import StoreStatus
from .deployments import Deployments
from .events import EventLog, Leases, Logs
from .forges import Deliveries, ForgeApps, ForgeTokens, Pulls, Reports
from .people import Accounts, Audit, Invitations, Sessions, Tokens
from .repos import Limits, Members, RefUpdates, Repos, Secrets
from .resource import Caller, Resource
from .results import Documents, Findings, Tests, Waivers
from .runs import Jobs, Runs


class Dbproxy(Resource):
    """`client`: a ServiceClient of dbproxy. Safe for several threads, as that is."""

    def __init__(self, client: Caller, **options: Any):
        super().__init__(client, options)
        self.repos, self.members = Repos(client, options), Members(client, options)
        self.ref_updates, self.secrets = RefUpdates(client, options), Secrets(client, options)
        self.limits = Limits(client, options)
        self.runs, self.jobs = Runs(client, options), Jobs(client, options)
        self.deployments = Deployments(client, options)
        self.findings, self.tests = Findings(client, options), Tests(client, options)
        self.documents, self.waivers = Documents(client, options), Waivers(client, options)
        self.deliveries, self.reports = Deliveries(client, options), Reports(client, options)
        self.pulls = Pulls(client, options)
        self.forge_apps, self.forge_tokens = ForgeApps(client, options), ForgeTokens(client, options)
        self.accounts, self.sessions = Accounts(client, options), Sessions(client, options)
        self.tokens, self.invitations = Tokens(client, options), Invitations(client, options)
        self.audit = Audit(client, options)
        self.events, self.logs, self.leases = EventLog(client, options), Logs(client, options), Leases(client, options)

    def within(self, *, timeout: float | None = None, patience: float | None = None) -> Dbproxy:
        """The same, with other bounds. `timeout`: seconds between bytes of an answer; `patience`: of retries."""
        bounds = {"timeout": timeout, "patience": patience}
        return Dbproxy(self._client, **self._options | {name: value for name, value in bounds.items() if value is not None})

    def status(self) -> StoreStatus:
        return self._get(StoreStatus, "/v1/status")
