"""How much of GitHub's hourly limit a quiet day takes: the orchestrator's own parts on the stand-in of GitHub, by a clock
of our own, so that a day is over in a minute or two; every request is counted as GitHub counts.
"""

from __future__ import annotations

import heapq
import itertools
import random
import tempfile
import time
from pathlib import Path

from bench.measures import Measure
from common.wire.stages import STAGES
from orchestrator.scm.connect import Connect
from orchestrator.scm.poller import Poller
from tests.github import GitHub, serve, store
from tests.unit.orchestrator.on_github import GitHubWorld

REPOSITORIES, PUSHES, HOUR = 100, 500, 3600
# Of a working day's pushes, hour by hour from midnight: the worst hour has 15 of 100.
WEIGHTS = [0, 0, 0, 0, 0, 0, 1, 3, 7, 12, 15, 10, 5, 9, 12, 10, 7, 4, 2, 1, 1, 1, 0, 0]
SECONDS = (8, 3, 2, 2, 1)      # of a usual run, stage by stage
LIMIT = 5000
FILES = {"Dockerfile": "FROM scratch\n", ".continuum.yml": "on: {push: [main]}\n"}


def measure() -> list[Measure]:
    with tempfile.TemporaryDirectory(prefix="continuum-quiet-day-") as folder, serve(Path(folder)) as github:
        hours = Day(github).play()
    worst = max(hour["counted"] for hour in hours)
    detail = (f"{REPOSITORIES} repositories, {PUSHES} pushes, {max(WEIGHTS)} of 100 in the worst hour; the whole day "
              f"{sum(hour['counted'] for hour in hours)} requests, and {sum(hour['free'] for hour in hours)} answers of 304, "
              "which cost nothing")
    return [Measure("requests to GitHub in the worst hour of a quiet day", worst, LIMIT / 4, "requests", detail)]


class Day:
    def __init__(self, github: GitHub):
        self.world, self._ties, began = GitHubWorld(github), itertools.count(), time.time()
        github.clock = self.world.hub.client.limits._clock = lambda: began + self.world.now
        self._chance = random.Random(5)
        connect = Connect(self.world.db.api, {"github": self.world.hub}, self.world.repositories, self.world.follower)
        self._repos = [self._repo(connect, number) for number in range(REPOSITORIES)]
        self.world.poller = Poller(self.world.db.api, self.world.hub, self.world.follower, self.world.pulls,
                                   self.world.repositories, lambda _: True, lambda: self.world.now)
        github.seen.clear()

    def play(self) -> list[dict[str, int]]:
        """`{counted, free}` of each hour."""
        due: list[tuple] = [(when, next(self._ties), self._push) for when in self._moments()]
        due.append((0.0, next(self._ties), None))
        heapq.heapify(due)
        hours = []
        while due:
            when, _, act = heapq.heappop(due)
            while when >= (len(hours) + 1) * HOUR:
                hours.append(self._count())
            self.world.now = max(when, self.world.now)
            if act:
                act()
            elif when < 24 * HOUR:
                heapq.heappush(due, (self.world.now + max(0.1, self.world.poller.turn()), next(self._ties), None))
        return hours[:24]

    def _repo(self, connect: Connect, number: int) -> tuple:
        at_github = self.world.github.repo(f"ann/day-{number}", files=FILES)
        return at_github, connect.connect("github", "ann", f"day-{number}", 3).id

    def _moments(self) -> list[float]:
        return [hour * HOUR + self._chance.uniform(0, HOUR) for hour, weight in enumerate(WEIGHTS)
                for _ in range(round(weight * PUSHES / sum(WEIGHTS)))]

    def _push(self) -> None:
        at_github, number = self._chance.choice(self._repos)
        commit = store.write(at_github.folder, "main", {"app.py": str(self.world.now)}, "Change")
        row = self.world.deliver("push", {
            "ref": "refs/heads/main", "after": commit, "repository": {"id": at_github.id, "full_name": at_github.path}},
            repo=number)
        assert row["state"] == "done" and row["run"], row["outcome"]
        self._run(self.world.db.runs[row["run"]])

    def _run(self, run: dict) -> None:
        """What a run that succeeds tells GitHub, while the clock goes on."""
        self.world.tell_all()
        for stage, seconds in zip(STAGES, SECONDS, strict=True):
            self.world.change(run, stage, "running", "")
            if stage == "deploy":
                self.world.db.create_deployment({"run": run["id"], "fence": run["fence"], "repo": run["repo"],
                                                 "environment": "production"})
            for _ in range(seconds):
                self.world.now += 1
                self.world.tell_all()
            self.world.change(run, stage, "success", f"{stage} passed")
        self.world.change(run, "", "success", "live")
        self.world.tell_all()

    def _count(self) -> dict[str, int]:
        seen, self.world.github.seen[:] = list(self.world.github.seen), []
        free = sum(status == 304 for _, _, status in seen)
        return {"counted": len(seen) - free, "free": free}
