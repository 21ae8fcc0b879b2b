"""Our scripts and styles under a path that holds the hash of all of them, so browsers may keep them for ever.

The hash is of the whole tree, not of a file, so that modules find each other by relative paths. The rail's rules are made
from the table of stages, and come before ours, which may change them on small screens.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from flask import Flask, Response, abort, send_from_directory

from ..auth.rights import requires
from . import rail

HERE = Path(__file__).parent.parent
FOLDER = HERE / "static"
VENDOR = {"idiomorph.js": HERE / "node_modules/idiomorph/dist/idiomorph.min.js"}      # from npm, by the lock file
SHEETS = {"css/pages.css": ("tokens", "base", "forms", "tables", "parts", "runs")}      # one answer instead of six
FOREVER = "public, max-age=31536000, immutable"


def tree_hash() -> str:
    files = sorted(path for path in FOLDER.rglob("*") if path.is_file()) + list(VENDOR.values())
    whole = hashlib.sha256(rail.style_sheet().encode())
    for path in files:
        whole.update(path.name.encode() + b"\0" + path.read_bytes())
    return whole.hexdigest()[:12]


@cache
def joined(path: str) -> str:
    return "\n".join([rail.style_sheet(), *((FOLDER / f"css/{name}.css").read_text() for name in SHEETS[path])])


def add_static(app: Flask) -> None:
    """`static_url('css/app.css')` in templates; a file of an older page is served too, but not for ever."""
    version = tree_hash()
    app.jinja_env.globals["static_url"] = lambda path: f"/static/{version}/{path}"

    @requires("public")
    def static(wanted: str, path: str) -> Response:
        if path.startswith("vendor/"):
            source = VENDOR.get(path.removeprefix("vendor/")) or abort(404)
            response = send_from_directory(source.parent, source.name, etag=False)
        elif path in SHEETS:
            response = Response(joined(path), mimetype="text/css")
        else:
            response = send_from_directory(FOLDER, path, etag=False)
        response.headers["Cache-Control"] = FOREVER if wanted == version else "no-cache"
        for name in ("Content-Disposition", *(("Last-Modified",) if wanted == version else ())):
            response.headers.pop(name, None)      # nobody saves it, nobody asks again for what holds for ever
        return response

    app.add_url_rule("/static/<wanted>/<path:path>", "static", static)
