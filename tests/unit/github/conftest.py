"""A stand-in of GitHub on a loopback port, a client of it, and somebody who listens for deliveries."""

from __future__ import annotations

import queue
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from tests.github import serve


class Client:
    """The API by one token; answers `requests.Response`."""

    def __init__(self, github, token: str = ""):
        self.github, self._session = github, requests.Session()
        self._session.trust_env = False
        if token:
            self._session.headers["Authorization"] = f"Bearer {token}"

    def __call__(self, method: str, path: str, **options) -> requests.Response:
        options.setdefault("allow_redirects", False)
        url = path if path.startswith("http") else self.github.api + path
        return self._session.request(method, url, timeout=30, **options)

    def get(self, path: str, **options):
        return self("GET", path, **options)

    def post(self, path: str, json=None, **options):
        return self("POST", path, json=json, **options)


class Listener:
    """Keeps what is delivered: (headers, body)."""

    def __init__(self) -> None:
        self.got: queue.Queue = queue.Queue()
        self.status = 202
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.got.put((dict(self.headers), body))
                self.send_response(listener.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def next(self) -> tuple[dict, bytes]:
        return self.got.get(timeout=30)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture()
def github(tmp_path):
    with serve(tmp_path / "github") as made:
        made.user("writer")
        made.user("reader")
        made.user("stranger")
        yield made


@pytest.fixture()
def app(github):
    """A private repository of writer's, which reader may read and stranger may not see."""
    return github.repo("writer/app", private=True, files={"Dockerfile": "FROM scratch\n"}, rights={"reader": "pull"})


@pytest.fixture()
def as_(github):
    """as_("writer") is a client with that person's token, of scope repo unless told otherwise."""
    return lambda login, *scopes: Client(github, github.token(login, *(scopes or ("repo",))).value)


@pytest.fixture()
def listener():
    made = Listener()
    yield made
    made.close()


@pytest.fixture()
def git(tmp_path):
    """git(folder, *words): what it printed; fails the test where git does."""
    env = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1",
           "GIT_AUTHOR_NAME": "w", "GIT_AUTHOR_EMAIL": "w@localhost", "GIT_COMMITTER_NAME": "w",
           "GIT_COMMITTER_EMAIL": "w@localhost"}

    def run(folder, *words: str) -> str:
        done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, env=env)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()
    return run


@pytest.fixture()
def clone(github, tmp_path, git):
    """clone(repo, token): a work folder whose origin is the stand-in, by that token."""
    def make(repo, token: str):
        url = github.url.replace("://", f"://x-access-token:{token}@") + f"/{repo.path}.git"
        folder = tmp_path / f"work-{repo.id}-{len(list(tmp_path.iterdir()))}"
        git(tmp_path, "clone", "--quiet", url, str(folder))
        return folder
    return make
