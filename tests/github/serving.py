"""Serves the stand-in in a thread. Pages, git and /login are at its URL, the API at /api/v3 under it, as an Enterprise
has it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from .access import PREFIX
from .gate import add_gate
from .hub import GitHub
from .routes import add_routes

POLL = 0.02      # seconds until a request to stop is seen


class ById:
    """GitHub's redirects lead to /repositories/ID/…, which is the repository by today's name."""

    def __init__(self, app, github: GitHub):
        self._app, self._github = app, github

    def __call__(self, environ, start_response):
        found = re.match(rf"{PREFIX}/repositories/(\d+)(.*)", environ["PATH_INFO"])
        repo = self._github.repos.get(int(found[1])) if found else None
        if repo is not None:
            environ["PATH_INFO"] = f"{PREFIX}/repos/{repo.path}{found[2]}"
        return self._app(environ, start_response)


class Quiet(WSGIRequestHandler):
    def log(self, *_) -> None:
        """`GitHub.seen` has them."""


def make_app(github: GitHub) -> Flask:
    app = Flask("github")
    app.extensions["github"] = github
    app.json.sort_keys = False
    app.url_map.merge_slashes = False
    add_gate(app)
    add_routes(app)
    app.wsgi_app = ById(app.wsgi_app, github)
    return app


@contextmanager
def serve(folder: Path, *, host: str = "127.0.0.1", port: int = 0, public_url: str = "",
          first_id: int = 1001) -> Iterator[GitHub]:
    """`folder`: where the git repositories go. `public_url`: how clients reach it, where that is not host and port."""
    github = GitHub(folder, first_id=first_id)
    server = make_server(host, port, make_app(github), threaded=True, request_handler=Quiet)
    server.daemon_threads = True
    github.url = public_url.rstrip("/") or f"http://{host}:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(POLL,), name="github", daemon=True)
    thread.start()
    try:
        yield github
    finally:
        github.faults.clear()
        github.outbox.close()
        server.shutdown()
        server.server_close()
        thread.join()
