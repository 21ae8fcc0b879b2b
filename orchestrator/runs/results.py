"""What earlier runs left to start from, as dbproxy has it.

    Results    each question asked when it comes up: where one run is made
    Starts     the usual questions asked in one, for a look at all kinds; what is unusual is asked as it comes up
"""

from __future__ import annotations

from common.api.client import Dbproxy
from common.api.deployments import Deployment
from common.api.runs import NewestJob, RunWithJobs
from common.wire.errors import NotFound

STANDING = {"live", "kept", "stopped"}      # states of deployments that a rollback can go back to by itself


class Results:
    def __init__(self, db: Dbproxy):
        self._db = db

    def newest(self, repo: int, stage: str, ref: str) -> NewestJob | None:
        """The newest job of `stage` that was a success, with its run."""
        try:
            return self._db.jobs.newest(repo, stage, ref)
        except NotFound:
            return None

    def live(self, repo: int) -> Deployment | None:
        """The repo's live deployment."""
        return next(iter(self.deployments(repo, {"live"})), None)

    def deployments(self, repo: int, states: set[str]) -> list[Deployment]:
        """Newest first; most are `removed`, and not asked for where they do not count."""
        return list(self._db.deployments.all(repo=repo, state=sorted(states)))

    def deployment(self, number: int) -> Deployment:
        return self._db.deployments.get(number)

    def run(self, number: int) -> RunWithJobs:
        """With its jobs."""
        return self._db.runs.get(number)


class Starts(Results):
    """Of one repo and ref, at one moment."""

    def __init__(self, db: Dbproxy, repo: int, ref: str | None):
        """`ref` None: the default branch. Raises NotFound (repo)."""
        super().__init__(db)
        found = db.runs.starts(repo, ref)
        self.repo, self.ref = found.repo, found.ref
        self._newest, self._deployments = found.newest, found.deployments
        self._runs = {run.id: run for run in found.runs}

    def newest(self, repo: int, stage: str, ref: str) -> NewestJob | None:
        return self._newest[stage]

    def deployments(self, repo: int, states: set[str]) -> list[Deployment]:
        if states <= STANDING:
            return [row for row in self._deployments if row.state in states]
        return super().deployments(repo, states)

    def run(self, number: int) -> RunWithJobs:
        if number not in self._runs:
            self._runs[number] = super().run(number)
        return self._runs[number]
