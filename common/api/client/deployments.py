"""Deployments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..base import Page
from ..deployments import Deployment
from .resource import Resource, given


class Deployments(Resource):
    """Filters: `repo run state environment digest`; sorted by `id created live_since`, the newest first."""

    def get(self, deployment: int) -> Deployment:
        return self._get(Deployment, f"/v1/deployments/{deployment}")

    def page(self, **query: Any) -> Page[Deployment]:
        return self._page(Deployment, "/v1/deployments", query)

    def all(self, **filters: Any) -> Iterator[Deployment]:
        return self._each(Deployment, "/v1/deployments", filters)

    def create(self, *, run: int, fence: int, **deployment: Any) -> Deployment:
        """The run's; the same one when asked again. `deployment`: `repo environment digest repository commit actor`."""
        return self._write(Deployment, "POST", "/v1/deployments", given(run=run, fence=fence, **deployment))

    def change(self, deployment: int, **change: Any) -> Deployment:
        """`change`: `fence state reason container host port url health health_reason crashed`."""
        return self._write(Deployment, "PATCH", f"/v1/deployments/{deployment}", given(**change))
