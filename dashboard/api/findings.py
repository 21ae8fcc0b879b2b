"""What the scan and the tests of a run said, as JSON and as the files that other tools read."""

from __future__ import annotations

import csv
import io

from flask import Response, g

from common.api.runs import RunWithJobs
from common.wire.errors import NotFound
from common.wire.stages import FAILED

from ..clients import db
from . import shapes
from .answers import Findings, Tests
from .endpoint import endpoint
from .inputs import FindingsQuery, TestsQuery

TAG = "Findings and tests"
COLUMNS = ("severity", "vulnerability", "package", "version", "type", "fixed_in", "change", "waived", "waiver_reason",
           "path", "url")
DOCUMENTS = ("application/json", "application/sarif+json", "application/vnd.cyclonedx+json", "text/csv")


@endpoint("GET", "/runs/<id:run>/findings", right="read", tag=TAG,
          also={404: "the run has no scan that is over, or not in that format"}, files=DOCUMENTS)
def get_findings(run: int, query: FindingsQuery) -> Findings:
    """Findings of the run's scan; `new` and `gone` are told against what was live. `format` gives a file."""
    if query.format == "csv":
        return _csv(run, query)
    if query.format != "json":
        return document(query.format, f"{g.repo.name}-{run}.{query.format}.json")
    return shapes.answer(Findings, db.findings.page(run, **query.filters()))


@endpoint("GET", "/runs/<id:run>/tests", right="read", tag=TAG, files=("application/xml",))
def get_tests(run: int, query: TestsQuery) -> Tests:
    """Each test case of the run, failing first; `format=junit` gives what the commands wrote."""
    if query.format == "junit":
        return document("junit", f"{g.repo.name}-{run}.junit.xml", run)
    found = shapes.answer(Tests, db.tests.get(run))
    found.cases.sort(key=lambda case: case.state not in FAILED)
    return found


@endpoint("GET", "/runs/<id:run>/sbom", right="read", tag=TAG, media="*/*")
def get_sbom(run: int) -> Response:
    """The software bill of materials of the run's image, as Syft wrote it."""
    return document("sbom", f"{g.repo.name}-{run}.sbom.json")


@endpoint("GET", "/runs/<id:run>/images/<digest:digest>/<any(sbom, sarif, cyclonedx, grype):kind>", right="read",
          tag=TAG, media="*/*")
def get_image_document(run: int, digest: str, kind: str) -> Response:
    """The same documents by the image's digest; the run must have made or scanned that image."""
    if digest_of(g.run) != digest:
        raise NotFound(f"run {run} has nothing to do with that image")
    return document(kind, f"{g.repo.name}-{run}.{kind}.json")


@endpoint("GET", "/images/<digest:digest>/<any(sbom, sarif, cyclonedx, grype):kind>", right="read", tag=TAG, media="*/*")
def get_document(digest: str, kind: str) -> Response:
    """The same by the digest alone, for whoever may read a repository that scanned that image."""
    return kept_document(digest, kind, f"{g.repo.name}-{digest.removeprefix('sha256:')[:12]}.{kind}.json")


def document(kind: str, name: str, of_run: int | None = None) -> Response:
    """One of the files kept beside the image of `g.run`."""
    digest = digest_of(g.run)
    if digest is None:
        raise NotFound("this run has no image yet")
    return kept_document(digest, kind, name, of_run)


def kept_document(digest: str, kind: str, name: str, of_run: int | None = None) -> Response:
    kept = db.documents.get(digest, kind, of_run)
    return Response(kept.content, content_type=kept.headers.get("Content-Type", "application/octet-stream"),
                    headers={"Content-Disposition": f'attachment; filename="{name}"'})


def digest_of(run: RunWithJobs) -> str | None:
    """Of the image that the run built, or that an earlier run built for it."""
    built = [job.outputs for job in sorted(run.jobs, key=lambda job: -job.attempt) if job.stage == "build"]
    given = run.inputs.get("results", {}).get("build")
    for outputs in [*built, *([given] if given else [])]:
        if outputs.get("image"):
            return outputs["image"]["digest"]
    return None


def _csv(run: int, query: FindingsQuery) -> Response:
    """All pages; cells that a spreadsheet would take for a formula are quoted with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in db.findings.all(run, **query.filters()):
        writer.writerow([cell(getattr(row, name)) for name in COLUMNS])
    return Response(out.getvalue(), content_type="text/csv; charset=utf-8",
                    headers={"Content-Disposition": f'attachment; filename="{g.repo.name}-{run}.csv"'})


def cell(value) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
