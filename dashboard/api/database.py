"""The vulnerability database: what is known of it, and how a new one is handed in."""

from __future__ import annotations

from flask import request

from common.wire.errors import BadRequest

from ..clients import scanner
from .answers import Accepted
from .audit import audit
from .endpoint import endpoint

TAG = "Vulnerability database"
LARGEST = 4 * 1024**3      # bytes


@endpoint("GET", "/database", right="account", tag=TAG)
def get_database() -> dict:
    """Where it comes from, when it was built, and what is to be said of it."""
    return scanner.get("/v1/database")


@endpoint("POST", "/database", right="owner", status=201, tag=TAG, takes="application/octet-stream")
def import_database() -> Accepted:
    """Hand in an archive (tar.gz, tar.zst, tar.xz, as Grype's own) as the raw body; it is checked, then used."""
    request.max_content_length = LARGEST
    if not request.content_length:
        raise BadRequest("send the archive as the body, with its Content-Length")
    response = scanner.send("POST", "/v1/database", data=Body(request.stream, request.content_length), timeout=900,
                            patience=0, headers={"Content-Type": "application/octet-stream"})
    told = response.json() if response.content else {}
    audit("database.import", "vulnerability database", str(told.get("built") or ""))
    return Accepted(detail=told.get("detail") or "the database is in use")


class Body:
    """The request's stream with its length, passed on as it comes and never held whole."""

    def __init__(self, stream, length: int):
        self._stream, self._length = stream, length

    def __len__(self) -> int:
        return self._length

    def read(self, size: int = -1) -> bytes:
        return self._stream.read(size)
