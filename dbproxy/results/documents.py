"""Documents by image: the SBOM and the reports as their tools wrote them, kept compressed."""

from __future__ import annotations

import gzip

from flask import Blueprint, Response, request
from pydantic import RootModel

from common.api.results import ReposWithImage
from common.service.web import parse
from common.wire.contracts import Digest
from common.wire.errors import BadRequest, NotFound

from ..access import callers
from ..answers import answers
from ..database import Transaction, database, transactional
from ..paging import number

bp = Blueprint("documents", __name__)

KINDS = "any(sbom, grype, sarif, cyclonedx, junit)"
LEVEL = 6


class _Digest(RootModel):
    root: Digest


@bp.put(f"/v1/images/<digest>/documents/<{KINDS}:kind>")
@callers("scanner", "tester")
def put(digest: str, kind: str):
    """The raw bytes, kept with their content type; 204. JUnit files belong to a run (`?run=`), the others to the image."""
    parse(_Digest, digest)
    body = request.get_data()
    if not body:
        raise BadRequest("the document is empty")
    packed = gzip.compress(body, LEVEL, mtime=0)
    row = (digest, kind, _run(kind), request.content_type or "application/octet-stream", len(body), packed)
    database().run(_store, row)
    return "", 204


@bp.get(f"/v1/images/<digest>/documents/<{KINDS}:kind>")
@callers("dashboard", "orchestrator", "scanner", "tester")
@transactional
def show(transaction: Transaction, digest: str, kind: str):
    """The bytes; 404 where none are kept."""
    row = transaction.one("SELECT content_type, body FROM documents WHERE digest = %s AND kind = %s AND run = %s",
                          (digest, kind, _run(kind)))
    if row is None:
        raise NotFound(f"no {kind} of image {digest} is kept")
    if "gzip" in request.accept_encodings:
        return Response(bytes(row["body"]), content_type=row["content_type"], headers={"Content-Encoding": "gzip"})
    return Response(gzip.decompress(bytes(row["body"])), content_type=row["content_type"])


@bp.get("/v1/images/<digest>/repos")
@callers("dashboard")
@answers(ReposWithImage)
@transactional
def repos(transaction: Transaction, digest: str):
    """Numbers of the repos that scanned this image, the newest scan first: whose right it is to see its documents."""
    parse(_Digest, digest)
    rows = transaction.all("SELECT runs.repo FROM scans JOIN runs ON runs.id = scans.run WHERE scans.digest = %s "
                           "GROUP BY runs.repo ORDER BY max(scans.at) DESC LIMIT 100", (digest,))
    return {"repos": [row["repo"] for row in rows]}


def _store(transaction: Transaction, row: tuple) -> None:
    transaction.do(
        "INSERT INTO documents (digest, kind, run, content_type, size, body) VALUES (%s, %s, %s, %s, %s, %s) "
        "ON CONFLICT (digest, kind, run) DO UPDATE SET content_type = excluded.content_type, "
        "size = excluded.size, body = excluded.body, at = now()", row)


def _run(kind: str) -> int:
    """JUnit files belong to a run; the others to the image alone (0)."""
    run = number("run", 0, 0, 2**62)
    if kind == "junit" and not run:
        raise BadRequest("a junit document is asked for with ?run=")
    return run if kind == "junit" else 0
