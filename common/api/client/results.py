"""What scans and tests found, documents by image, and waivers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import requests

from ...wire.errors import NotFound
from ..base import Page
from ..results import Finding, FindingsPage, ReposWithImage, TestReport, Waiver
from .resource import Resource, given, segment


class Findings(Resource):
    """Filters: `severity package fixable new waived`; the worst first. Raises NotFound where no scan is over."""

    def page(self, run: int, **query: Any) -> FindingsPage:
        return self._get(FindingsPage, _findings(run), query)

    def all(self, run: int, **filters: Any) -> Iterator[Finding]:
        return self._each(Finding, _findings(run), filters)

    def put(self, run: int, *, attempt: int, digest: str, findings: list[dict], gone: list[dict]) -> None:
        """Replaces those of earlier attempts. Raises Conflict `old_attempt`."""
        self._call("PUT", _findings(run), {"attempt": attempt, "digest": digest, "findings": findings, "gone": gone})


class Tests(Resource):
    def get(self, run: int) -> TestReport:
        """Raises NotFound where there is no report."""
        return self._get(TestReport, f"/v1/runs/{run}/tests")

    def put(self, run: int, *, attempt: int, cases: list[dict], declared: bool, notice: str | None) -> None:
        """Replaces that of an earlier attempt. Raises Conflict `old_attempt`."""
        self._call("PUT", f"/v1/runs/{run}/tests",
                   {"attempt": attempt, "cases": cases, "declared": declared, "notice": notice})


class Documents(Resource):
    """`kind`: sbom, grype, sarif, cyclonedx, or junit, which belongs to a run."""

    def get(self, digest: str, kind: str, run: int | None = None) -> requests.Response:
        return self._send("GET", digest, kind, run)

    def has(self, digest: str, kind: str) -> bool:
        try:
            self._send("HEAD", digest, kind, None, headers={"Accept-Encoding": "gzip"})
        except NotFound:
            return False
        return True

    def put(self, digest: str, kind: str, content: bytes, content_type: str, run: int | None = None) -> None:
        """Raises TooLarge."""
        self._send("PUT", digest, kind, run, data=content, headers={"Content-Type": content_type})

    def repos_with(self, digest: str) -> list[int]:
        """Those that scanned the image, the newest scan first."""
        return self._get(ReposWithImage, f"/v1/images/{segment(digest)}/repos").repos

    def _send(self, method: str, digest: str, kind: str, run: int | None, **options: Any) -> requests.Response:
        path = f"/v1/images/{segment(digest)}/documents/{segment(kind)}"
        return self._client.send(method, path, params=given(run=run), **options, **self._options)


class Waivers(Resource):
    def page(self, repo: int, **query: Any) -> Page[Waiver]:
        """All of them where no page is asked for. `active`: without those past their date."""
        return self._page(Waiver, f"/v1/repos/{repo}/waivers", query)

    def get(self, waiver: int) -> Waiver:
        return self._get(Waiver, f"/v1/waivers/{waiver}")

    def create(self, repo: int, **waiver: Any) -> Waiver:
        """`waiver`: `vulnerability package reason until actor`; the same again replaces."""
        return self._write(Waiver, "POST", f"/v1/repos/{repo}/waivers", given(**waiver))

    def remove(self, waiver: int, actor: str) -> None:
        self._call("DELETE", f"/v1/waivers/{waiver}", query={"actor": actor})


def _findings(run: int) -> str:
    return f"/v1/runs/{run}/findings"
