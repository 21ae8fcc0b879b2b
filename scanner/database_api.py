"""`GET /v1/database` tells of the vulnerability database; `POST` imports one, for `./continuum db import`."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, g, jsonify, request

from common.wire.errors import BadRequest, Conflict, Forbidden, TooLarge

from .database import ArchiveRefused, Busy, Store
from .workspace import Workspace

MAX_ARCHIVE = 4 * 1024**3      # bytes; the real one is 100 MB packed, 1.6 GB as a raw .db
CHUNK = 1024**2
ENDINGS = ((b"\x1f\x8b", ".tar.gz"), (b"\x28\xb5\x2f\xfd", ".tar.zst"), (b"\xfd7zXZ\0", ".tar.xz"),
           (b"SQLite format 3\0", ".db"))      # Grype goes by the file's name, we by its first bytes


def add_database_routes(app: Flask, store: Store, workspace: Workspace) -> None:
    """Jobs stay the orchestrator's alone; the dashboard, which the app lets in for these two, may not start any."""

    @app.before_request
    def keep_jobs_apart():
        if request.path.startswith("/v1/jobs") and g.caller != "orchestrator":
            raise Forbidden(f"{g.caller} may not call the job API")
        if request.path == "/v1/database":
            request.max_content_length = MAX_ARCHIVE

    @app.get("/v1/database")
    def show_database():
        """Which database there is, how old, and what is wrong with it."""
        return jsonify(store.status())

    @app.post("/v1/database")
    def import_database():
        """An archive as raw body, for `./continuum db import`; 400 `archive_refused`, 409 `busy`."""
        with workspace.folder("import") as folder:
            archive = _received(folder)
            try:
                return jsonify(store.import_file(archive))
            except ArchiveRefused as problem:
                raise BadRequest(str(problem), error="archive_refused") from problem
            except Busy as problem:
                raise Conflict(str(problem), error="busy") from problem


def _received(folder: Path) -> Path:
    """The request's body on disk, named as Grype wants it. Raises BadRequest, TooLarge."""
    path, size = folder / "incoming", 0
    with path.open("wb") as file:
        while chunk := request.stream.read(CHUNK):
            size += len(chunk)
            if size > MAX_ARCHIVE:
                raise TooLarge(f"the archive is larger than {MAX_ARCHIVE // 1024**3} GB")
            file.write(chunk)
    with path.open("rb") as file:
        first = file.read(16)
    ending = next((name for start, name in ENDINGS if first.startswith(start)), None)
    if ending is None:
        raise BadRequest("this is no vulnerability database: expected a .tar.gz, .tar.zst, .tar.xz or a raw .db file",
                         error="archive_refused")
    return path.rename(folder / f"database{ending}")
