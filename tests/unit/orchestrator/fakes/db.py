"""dbproxy in memory."""

import itertools
import threading
import time
from types import SimpleNamespace

from common.api.client import Dbproxy
from common.wire.errors import ServiceDown
from tests.harness.rows import REPO, RUN

from .client import Client, fresh, routes_of
from .deployments import Deployments
from .forges import Forges
from .reports import Reports
from .repos import Repos
from .runs import Runs


class FakeDb(Runs, Deployments, Repos, Forges, Reports, Client):
    """`api`: the client of it; `writes`: every accepted change as (method, path, body), in order. Rows are dicts here, which
    tests change, and models where `api` answers them."""

    def __init__(self):
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.runs, self.jobs, self.deployments, self.repos, self.secrets, self.waivers = {}, {}, {}, {}, {}, {}
        self.events, self.writes, self.images = [], [], []
        self.pulls, self.deliveries, self.accounts, self.tokens, self.found = {}, {}, {}, {}, {}
        self.ref_updates, self.limits, self.reports, self.report_clock = {}, {}, {}, lambda: 0
        self.scopes, self.leases, self.lease_clock = {}, {}, time.monotonic
        self.down, self.claim_waits = False, threading.Event()
        self._ids = itertools.count(1)
        self.repos[1] = fresh(REPO)
        self.api = Dbproxy(self)

    def new_run(self, kind="full", **fields):
        number = next(self._ids)
        repo = self.repos.get(fields.get("repo", 1), REPO)
        of_repo = {"forge": repo["forge"], "repo_path": f"{repo['owner']}/{repo['name']}", "app": repo["app"]}
        self.runs[number] = {**fresh(RUN), **of_repo, "id": number, "kind": kind, "claimed": False, **fields}
        return number

    def claim(self, owner="me"):
        return self.api.runs.claim(owner, 1)[0]

    def expire(self, run):
        self.runs[run]["owner"] = None

    def states(self, run):
        """{"build.1": "success", …}"""
        return {f"{stage}.{attempt}": row["state"] for (number, stage, attempt), row in self.jobs.items()
                if number == run}

    def wait_for_job(self, run, job, state):
        """Return once the row of `job` ("build.1") has the state."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.states(run).get(job) == state, 5), self.states(run)

    def send(self, method, path, **options):
        body = self.call(method, path, **options)
        new = isinstance(body, dict) and body.pop("_new", False)
        return SimpleNamespace(status_code=201 if new else 200, json=lambda: body)

    def call(self, method, path, json=None, params=None, **_):
        if self.down:
            raise ServiceDown("dbproxy does not answer")
        with self.lock:
            for verb, pattern, handle in ROUTES:
                match = pattern.fullmatch(path)
                if verb == method and match:
                    arguments = [int(text) if text.isdecimal() else text for text in match.groups()]
                    answer = handle(self, *arguments, json if method != "GET" else params or {})
                    if method != "GET":
                        self.writes.append((method, path, json))
                        self.changed.notify_all()
                    return answer
        raise AssertionError(f"FakeDb has no {method} {path}")


ROUTES = routes_of(FakeDb)
