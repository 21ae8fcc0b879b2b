"""The orchestrator's part of the story on the stand-in of GitHub: real HTTP, real git, a FakeDb."""

import json
from types import SimpleNamespace

from pydantic import SecretStr

from common.secrets.sealing import new_seal_key, seal
from forges import GitHubForge
from forges.github import Urls
from orchestrator.background.threads import Threads
from orchestrator.credentials.tokens import AccountTokens
from orchestrator.outbox import Outbox
from orchestrator.outbox.channels import CHANNELS
from orchestrator.outbox.report import Report
from orchestrator.scm.connect import Connect
from orchestrator.scm.poller import Poller
from tests.unit.orchestrator.hub import HubWorld

PRIVATE, PUBLIC = new_seal_key()
WANTED = {"Dockerfile": "FROM scratch\n", ".continuum.yml": "on: {pull_request: true}\n"}


def report_of(row):
    return Report.of(row, "https://ci.example.org")


def send_all(db, outbox):
    """What is due, until nothing is."""
    while rows := db.api.reports.claim("me", 1):
        outbox.send(report_of(rows[0]))


class NoApp:
    def grant(self, owner, name):
        return None

    def revoked(self, token):
        """Not one of an App."""


class GitHubWorld(HubWorld):
    """ann's repository ann/site, connected by her. What GitHub delivers is judged by `judge_all`, in its order."""

    def __init__(self, github):
        super().__init__()
        self.github, self.now = github, 0.0
        github.outbox.lost = True                  # nobody listens; the bodies are taken from the outbox
        for login in ("ann", "eve"):
            github.user(login)
        self.site = github.repo("ann/site", files=WANTED)
        self.site.hooks[1] = SimpleNamespace(active=True, events=["*"], url="", secret="s", id=1)
        self.db.accounts[3] = {"id": 3, "login": "ann", "role": "user", "forge": "github"}
        self.token = github.token("ann", "repo").value
        self.db.tokens[3] = seal(self.token, PUBLIC)
        self.tokens = AccountTokens(self.db.api, "github", SecretStr(PRIVATE), NoApp(), None, PUBLIC, lambda: self.now)
        self.hub = GitHubForge(Urls.of(SimpleNamespace(github_url=github.url, github_api_url="")), self.tokens)
        self.db.report_clock = lambda: self.now
        self._rewire({"github": self.hub})
        self.db.repos.clear()
        self.repo = self.db.repos[Connect(self.db.api, {"github": self.hub}, self.repositories, self.follower).connect(
            "github", "ann", "site", 3).id]
        github.outbox.deliveries.clear()
        github.seen.clear()

    def _rewire(self, forges):
        self.launcher._forges.clear(), self.launcher._forges.update(forges)
        self.repositories._forges.update(forges), self.desk._handlers._forges.update(forges)
        self.outbox = Outbox(self.db.api, [channel(self.db.api, forges) for channel in CHANNELS], "https://ci.example.org", Threads())
        self.poller = Poller(self.db.api, self.hub, self.follower, self.pulls, self.repositories, lambda _: True)

    def judge_all(self):
        """The rows of what was delivered since the last time."""
        self.github.outbox.wait()
        came, self.github.outbox.deliveries[:] = list(self.github.outbox.deliveries), []
        return [self.deliver(item.event, json.loads(item.body), repo=self.repo["id"]) for item in came]

    def tell_all(self):
        send_all(self.db, self.outbox)

    def change(self, run, stage, state, reason):
        """The run, or a stage of it, is in that state now."""
        what = f"jobs/{stage}.1" if stage else ""
        self.db.call("PUT" if stage else "PATCH", f"/v1/runs/{run['id']}/{what}".rstrip("/"),
                     json={"fence": run["fence"], "state": state, "reason": reason})

    def asked(self):
        """Requests that count, since the last time."""
        seen, self.github.seen[:] = [item for item in self.github.seen if item[2] != 304], []
        return [(method, path.removeprefix("/api/v3/repos/ann/site")) for method, path, _ in seen]
