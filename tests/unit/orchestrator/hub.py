"""A repository of a forge with webhooks, connected, in a FakeDb; and what stands around it."""

import itertools
from datetime import datetime, timedelta

from common.api.forges import ClaimedDelivery
from forges import Pull
from orchestrator.background.threads import Threads
from orchestrator.runs.launch import Launcher
from orchestrator.scm.pulls import Pulls
from orchestrator.scm.ref_sync import RefSync
from orchestrator.scm.repositories import Repositories
from orchestrator.scm.webhooks.handlers import Handlers
from orchestrator.scm.webhooks.processor import WebhookProcessor
from tests.harness.rows import DELIVERY
from tests.unit.orchestrator.fake_forges import COMMIT, FakeHub
from tests.unit.orchestrator.fakes import FakeDb

NEXT, THIRD = "d" * 40, "e" * 40
REPOSITORY = {"id": 5, "full_name": "ada/hello"}


class HubWorld:
    def __init__(self):
        self.db, self.hub = FakeDb(), FakeHub()
        self.repo = self.db.repos[1]
        self.repo.update(forge="github", external_id="5", private=False, description="", url="https://h/a/h",
                         state={"forge_account": 3}, last_heads={"looked": "1", "refs/heads/main": f"{COMMIT} 0"})
        forges = {"github": self.hub}
        self.launcher = Launcher(self.db.api, forges)
        self.follower = RefSync(self.db.api, self.launcher)
        self.pulls, self.repositories = Pulls(self.db.api, self.launcher, self.follower), Repositories(self.db.api, forges)
        acts = Handlers(self.db.api, forges, self.follower, self.pulls, self.repositories)
        self.desk = WebhookProcessor(self.db.api, forges, acts, self.repositories, Threads())
        self._clock = itertools.count()

    def row(self):
        """The repository as dbproxy answers it now."""
        return self.db.api.repos.get(self.repo["id"])

    def second(self):
        """The next second of the database's clock."""
        return f"{datetime(2026, 1, 1) + timedelta(seconds=next(self._clock)):%Y-%m-%dT%H:%M:%S}.000Z"

    def deliver(self, event, payload=None, repo=1, received=None, **values):
        """The delivery's row after it was judged, as dbproxy would hand it out."""
        number = len(self.db.deliveries) + 1
        received = received or self.second()
        self.db.deliveries[number] = {
            **DELIVERY, "id": number, "event": event, "repo": repo, "attempts": 1, "state": "working", "received": received,
            "now": self.second(), "payload": {"repository": REPOSITORY, **(payload or {})}, **values}
        return self.judge(self.db.deliveries[number])

    def judge(self, row, **changes):
        """The same delivery once more, as it is claimed again."""
        self.desk.judge(ClaimedDelivery.model_validate({**row, **changes}))
        return self.db.deliveries[row["id"]]

    def push(self, commit=NEXT, branch="main", **values):
        self.hub.heads[branch] = commit
        return self.deliver("push", {"ref": f"refs/heads/{branch}", "after": commit}, **values)

    def open_pull(self, number=7, commit=NEXT, fork=False, **values):
        fields = {"number": number, "title": "Greet", "state": "open", "author": "eve", "author_id": "9",
                  "head_commit": commit, "head_ref": "topic", "head_repo_id": "6" if fork else "5", "base_ref": "main",
                  "base_repo_id": "5", **values}
        self.hub.open[number] = Pull(**fields)
        return self.hub.open[number]

    def runs(self):
        return [(run["event"], run["ref"], run["commit"], run["state"]) for run in self.db.runs.values()]
