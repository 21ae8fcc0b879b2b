"""The stand-in as a server: in a thread of the tests, or by itself

    python -m tests.github.server --host 0.0.0.0 --port 8090 --public-url http://172.17.0.1:8090

where containers and people's browsers reach it by the same address. By itself it has the people ada and bob, ada's
repository hello, and an OAuth app whose id and secret it prints.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
from pathlib import Path

from flask import Blueprint, Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from . import pages, smart
from .api import apps, code, feedback, hooks, people, pulls
from .deliveries import Post
from .failures import Failures
from .gate import PREFIX, Exchange, install
from .world import World


POLL = 0.02          # seconds in which the server notices that it is to stop


class StandIn:
    """A running stand-in: `world` is what there is, `failures` what goes wrong, `exchanges` what was said."""

    def __init__(self, folder: Path, host: str = "127.0.0.1", port: int = 0, public_url: str | None = None):
        self.world, self.failures, self.exchanges = World(folder), Failures(), []
        app = create_app(self.world, self.failures, self.exchanges)
        self._server = make_server(host, port, app, threaded=True, request_handler=_Quiet)
        self.url = self.world.public_url = (public_url or f"http://127.0.0.1:{self._server.port}").rstrip("/")
        self.api = f"{self.url}{PREFIX}"

    def __enter__(self) -> StandIn:
        self.world.post.start()
        threading.Thread(target=self._server.serve_forever, args=(POLL,), name="github", daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.failures.clear()
        self.world.post.stop()
        self._server.shutdown()
        self._server.server_close()

    def asked(self, method: str = "", path: str = "") -> list[Exchange]:
        """What was asked so far, the calls of `method` whose path contains `path`."""
        return [item for item in self.exchanges if method in ("", item.method) and path in item.path]


def create_app(world: World, failures: Failures, exchanges: list[Exchange]) -> Flask:
    app = Flask("github")
    app.json.sort_keys = False
    install(app, world, failures, exchanges)
    for part in (people, code, hooks, feedback, pulls, apps, pages, smart):
        group = Blueprint(part.__name__.rpartition(".")[2], part.__name__)
        part.add(group)
        app.register_blueprint(group)
    app.wsgi_app = _ById(app.wsgi_app, world)
    world.post = Post(app, world)
    return app


class _ById:
    """`/repositories/{id}/…`, where renamed repositories are found, is `/repos/{owner}/{name}/…`."""

    def __init__(self, inner, world: World):
        self._inner, self._world = inner, world

    def __call__(self, environ, start_response):
        head, mark, rest = environ["PATH_INFO"].partition(f"{PREFIX}/repositories/")
        number, slash, rest = rest.partition("/")
        repo = self._world.repos.get(int(number)) if mark and not head and number.isdecimal() else None
        if repo:
            environ["PATH_INFO"] = f"{PREFIX}/repos/{repo.path}{slash}{rest}"
        return self._inner(environ, start_response)


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *_) -> None:
        """The record of exchanges tells more."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--public-url")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, StandIn(Path(folder), asked.host, asked.port,
                                                          asked.public_url) as github:
        _furnish(github)
        threading.Event().wait()


def _furnish(github: StandIn) -> None:
    world = github.world
    for login in ("ada", "bob"):
        world.person(login)
    world.repo("ada", "hello", {"Dockerfile": "FROM scratch\n"})
    app = world.app("continuum")
    print(f"GITHUB_URL={github.url}\nGITHUB_CLIENT_ID={app.client_id}\nGITHUB_CLIENT_SECRET={app.client_secret}",
          flush=True)


if __name__ == "__main__":
    main()
