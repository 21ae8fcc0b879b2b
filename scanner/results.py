"""What dbproxy keeps of a scan, and what it knows of an earlier one."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

from common.api.client import Dbproxy
from common.api.results import Finding as StoredFinding
from common.wire.errors import NotFound, TooLarge
from common.worker.joblog import JobLog

from .findings import Finding

TIMEOUT = 60      # seconds between bytes of an answer
SBOM_TYPE = "application/vnd.syft+json"


def baseline(dbproxy: Dbproxy, run: int | None) -> list[StoredFinding] | None:
    """All findings of `run`; None where there is no such run or it was never scanned."""
    if run is None:
        return None
    try:
        return list(dbproxy.findings.all(run))
    except NotFound:
        return None


class Uploads:
    """Stores results beside the work that goes on; `finish` raises what any of them raised.

    Leaving the block without `finish` abandons what has not begun.
    """

    def __init__(self, dbproxy: Dbproxy, run: int, attempt: int, digest: str, log: JobLog):
        self._dbproxy, self._run, self._attempt = dbproxy.within(timeout=TIMEOUT), run, attempt
        self._digest, self._log = digest, log
        self._pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix=f"results-{run}")
        self._pending: list[Future] = []

    def __enter__(self) -> Uploads:
        return self

    def __exit__(self, *_) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def beside(self, call, *arguments) -> Future:
        """Run `call` beside; its result is asked of the future."""
        return self._pool.submit(call, *arguments)

    def document(self, kind: str, path: Path, content_type: str) -> None:
        """The file may go as soon as this returns."""
        self._pending.append(self.beside(self._put_document, kind, path.read_bytes(), content_type))

    def findings(self, found: list[Finding], gone: list[dict]) -> None:
        self._pending.append(self.beside(partial(
            self._dbproxy.findings.put, self._run, attempt=self._attempt, digest=self._digest, gone=gone,
            findings=[finding.document() for finding in found])))

    def finish(self) -> None:
        for future in self._pending:
            future.result()

    def _put_document(self, kind: str, content: bytes, content_type: str) -> None:
        if kind == "sbom" and self._dbproxy.documents.has(self._digest, kind):
            return      # an image's SBOM does not change, and asking is cheaper than sending it again
        try:
            self._dbproxy.documents.put(self._digest, kind, content, content_type)
        except TooLarge:
            self._log.line(f"the {kind} document is too large to be kept for download ({len(content)} bytes)")
