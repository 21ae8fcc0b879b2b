"""What comes from forges and goes to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..base import Page
from ..forges import (
    ClaimedDelivery,
    ClaimedReport,
    Delivery,
    DeliveryWithPayload,
    ForgeApp,
    ForgeToken,
    PullRequest,
    ReportOutcome,
)
from .resource import Resource, given, segment


class Deliveries(Resource):
    """Filters: `repo state event forge guid`; the newest first."""

    def get(self, delivery: int) -> DeliveryWithPayload:
        return self._get(DeliveryWithPayload, f"/v1/deliveries/{delivery}")

    def page(self, **query: Any) -> Page[Delivery]:
        return self._page(Delivery, "/v1/deliveries", query)

    def put(self, forge: str, guid: str, **delivery: Any) -> tuple[DeliveryWithPayload, bool]:
        """(the delivery, is it new). `delivery`: `event action repo repo_path generation payload`. Raises NotFound, and
        Conflict `generation` where the repository's webhook has been replaced."""
        return self._made(DeliveryWithPayload, "PUT", f"/v1/deliveries/{segment(forge)}/{segment(guid)}", given(**delivery))

    def claim(self, owner: str, limit: int, wait: float = 0) -> list[ClaimedDelivery]:
        """Those that `owner` has from now on; waits up to `wait` seconds for one."""
        return self._claimed(ClaimedDelivery, "/v1/deliveries/claim", owner, limit, wait)

    def change(self, delivery: int, owner: str, **change: Any) -> DeliveryWithPayload:
        """`change`: `state outcome run wait covers`. Raises Conflict `old_owner`."""
        return self._write(DeliveryWithPayload, "PATCH", f"/v1/deliveries/{delivery}", given(owner=owner, **change))

    def again(self, delivery: int, actor: str) -> DeliveryWithPayload:
        return self._write(DeliveryWithPayload, "POST", f"/v1/deliveries/{delivery}/again", {"actor": actor})


class Reports(Resource):
    def claim(self, owner: str, limit: int, wait: float = 0) -> list[ClaimedReport]:
        """Those that `owner` has from now on; waits up to `wait` seconds for one."""
        return self._claimed(ClaimedReport, "/v1/reports/claim", owner, limit, wait)

    def change(self, report: int, owner: str, **change: Any) -> ReportOutcome:
        """`change`: `attempt state outcome known wait`. Raises Conflict `old_owner`."""
        return self._write(ReportOutcome, "PATCH", f"/v1/reports/{report}", given(owner=owner, **change))


class Pulls(Resource):
    """Filters: `state head_commit fork`; sorted by `number changed`, the newest first."""

    def get(self, repo: int, number: int) -> PullRequest:
        return self._get(PullRequest, f"/v1/repos/{repo}/pulls/{number}")

    def page(self, repo: int, **query: Any) -> Page[PullRequest]:
        return self._page(PullRequest, f"/v1/repos/{repo}/pulls", query)

    def all(self, repo: int, **filters: Any) -> Iterator[PullRequest]:
        return self._each(PullRequest, f"/v1/repos/{repo}/pulls", filters)

    def put(self, repo: int, number: int, **pull: Any) -> PullRequest:
        """`pull`: `title author author_id head_commit head_ref head_repo_id base_ref fork state comment`."""
        return self._write(PullRequest, "PUT", f"/v1/repos/{repo}/pulls/{number}", given(**pull))

    def change(self, repo: int, number: int, comment: str) -> PullRequest:
        return self._write(PullRequest, "PATCH", f"/v1/repos/{repo}/pulls/{number}", {"comment": comment})

    def approve(self, repo: int, number: int, commit: str, actor: str) -> PullRequest:
        """Raises Conflict `closed`, or `moved` where the head has moved to another commit."""
        return self._write(PullRequest, "POST", f"/v1/repos/{repo}/pulls/{number}/approvals", {"commit": commit, "actor": actor})


class ForgeApps(Resource):
    def get(self, forge: str) -> ForgeApp:
        return self._get(ForgeApp, f"/v1/forge-apps/{segment(forge)}")

    def put(self, forge: str, **app: Any) -> ForgeApp:
        """`app`: `kind client_id app_id slug html_url sealed`."""
        return self._write(ForgeApp, "PUT", f"/v1/forge-apps/{segment(forge)}", given(**app))

    def remove(self, forge: str) -> None:
        self._call("DELETE", f"/v1/forge-apps/{segment(forge)}")


class ForgeTokens(Resource):
    """Of people, sealed to orchestrator."""

    def get(self, account: int) -> ForgeToken:
        return self._get(ForgeToken, f"/v1/accounts/{account}/forge-token")

    def put(self, account: int, sealed: str, scopes: list[str]) -> None:
        self._call("PUT", f"/v1/accounts/{account}/forge-token", {"sealed": sealed, "scopes": scopes})

    def remove(self, account: int) -> None:
        self._call("DELETE", f"/v1/accounts/{account}/forge-token")
