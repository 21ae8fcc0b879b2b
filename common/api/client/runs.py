"""Runs and their jobs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..base import Page
from ..runs import Job, NewestJob, RenewedLease, RepoStarts, Run, RunWithJobs, RunWithStages, StageJob
from .resource import Resource, given, segment


class Runs(Resource):
    """Filters: `repo repos state kind ref commit event actor active`; sorted by `id created ended state`."""

    def get(self, run: int) -> RunWithJobs:
        return self._get(RunWithJobs, f"/v1/runs/{run}")

    def page(self, **query: Any) -> Page[Run]:
        return self._page(Run, "/v1/runs", query)

    def page_with_stages(self, **query: Any) -> Page[RunWithStages]:
        """Each run with the newest job of each of its stages."""
        return self._page(RunWithStages, "/v1/runs", {**query, "stages": True})

    def all(self, **filters: Any) -> Iterator[Run]:
        return self._each(Run, "/v1/runs", filters)

    def create(self, **run: Any) -> tuple[Run, bool]:
        """(the run, is it new). `run`: `repo kind ref commit event actor message author key inputs supersede
        most_waiting`. Raises a 429 Problem `quota`."""
        return self._made(Run, "POST", "/v1/runs", given(**run))

    def claim(self, owner: str, limit: int, wait: float = 0) -> list[Run]:
        """Those that `owner` has from now on; waits up to `wait` seconds for one."""
        return self._claimed(Run, "/v1/runs/claim", owner, limit, wait)

    def renew(self, run: int, owner: str, fence: int) -> RenewedLease:
        """Raises Conflict `old_fence`."""
        return self._write(RenewedLease, "POST", f"/v1/runs/{run}/lease", {"owner": owner, "fence": fence})

    def change(self, run: int, fence: int, **change: Any) -> Run:
        """`change`: `state reason code params commit config outputs message author release`. Raises Conflict `old_fence`, or
        `final` for a run that is over otherwise."""
        return self._write(Run, "PATCH", f"/v1/runs/{run}", given(fence=fence, **change))

    def cancel(self, run: int, actor: str) -> Run:
        return self._write(Run, "POST", f"/v1/runs/{run}/cancel", {"actor": actor})

    def retry(self, run: int, actor: str) -> Run:
        return self._write(Run, "POST", f"/v1/runs/{run}/retry", {"actor": actor})

    def stages(self, runs: list[int]) -> list[StageJob]:
        """The newest job of each stage of each; at most 100 runs."""
        return self._list(StageJob, "/v1/stages", {"runs": runs})

    def starts(self, repo: int, ref: str | None = None) -> RepoStarts:
        """What a run of `ref`, or of the default branch, could start from."""
        return self._get(RepoStarts, f"/v1/repos/{repo}/starts", {"ref": ref})


class Jobs(Resource):
    def get(self, run: int, stage: str, attempt: int) -> Job:
        return self._get(Job, _path(run, stage, attempt))

    def put(self, run: int, stage: str, attempt: int, *, fence: int, state: str, **job: Any) -> Job:
        """`job`: `reason code params worker inputs outputs steps progress lines started ended`; what is absent stays.

        Raises Conflict `old_fence`, or `final` for a job that is over otherwise.
        """
        return self._write(Job, "PUT", _path(run, stage, attempt), given(fence=fence, state=state, **job))

    def newest(self, repo: int, stage: str, ref: str | None = None) -> NewestJob:
        """The newest that was a success, of `ref` or of any branch and tag. Raises NotFound."""
        return self._get(NewestJob, f"/v1/repos/{repo}/newest", {"stage": stage, "ref": ref})


def _path(run: int, stage: str, attempt: int) -> str:
    return f"/v1/runs/{run}/jobs/{segment(stage)}.{attempt}"
