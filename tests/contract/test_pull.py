"""Pulling with the real engine, from a registry on loopback that answers as it is told to."""

import json
import threading
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cli.images.outcome import Kind
from cli.images.pull import Patience, pull
from cli.progress import Task

ONCE = Patience(attempts=1, first_wait=0, stall=4)
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CODES = {404: "MANIFEST_UNKNOWN", 429: "TOOMANYREQUESTS", 403: "DENIED", 500: "UNKNOWN"}


class Registry(BaseHTTPRequestHandler):
    """`server.status` is the answer for manifests; 200 gives one whose only layer never arrives."""

    def do_GET(self):
        if self.path == "/v2/":
            self._answer(200, b"{}")
        elif "/manifests/" not in self.path:
            self._stall()
        elif self.server.status == 200:
            self._answer(200, self.server.manifest, MANIFEST)
        else:
            code = CODES.get(self.server.status, "UNKNOWN")
            self._answer(self.server.status, json.dumps({"errors": [{"code": code, "message": "as told"}]}).encode())

    do_HEAD = do_GET

    def _answer(self, status, body, kind="application/json"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Docker-Content-Digest", f"sha256:{sha256(body).hexdigest()}")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def _stall(self):
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        self.wfile.write(b"x" * 1000)
        self.server.over.wait()

    def log_message(self, *words):
        pass


@contextmanager
def registry(status):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    server.daemon_threads = True
    blob = {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 1000000,
            "digest": f"sha256:{'a' * 64}"}
    layer = {**blob, "mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "digest": f"sha256:{'b' * 64}"}
    server.status, server.over = status, threading.Event()
    server.manifest = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": blob, "layers": [layer]}).encode()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}/nothing/here"
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def task():
    return Task("pull", 0, lambda text: None)


@pytest.mark.parametrize("status, kind", [(404, Kind.UNKNOWN), (429, Kind.RATE_LIMITED), (403, Kind.DENIED),
                                          (500, Kind.SERVER_ERROR), (503, Kind.SERVER_ERROR)])
def test_the_engine_passes_on_what_the_registry_answers(task, status, kind):
    with registry(status) as name:
        outcome = pull(f"{name}:1", task, ONCE)
    assert outcome.kind is kind, outcome


def test_an_unknown_digest_is_told_from_an_unreachable_registry(task):
    with registry(404) as name:
        outcome = pull(f"{name}:1@sha256:{'c' * 64}", task, ONCE)
    assert outcome.kind is Kind.UNKNOWN, outcome


def test_a_layer_that_stops_arriving_is_a_stall(task):
    with registry(200) as name:
        outcome = pull(f"{name}:1", task, ONCE)
    assert outcome.kind is Kind.STALLED, outcome


@pytest.mark.parametrize("host", ["127.0.0.1:9", "no-such-host.invalid"])
def test_a_registry_that_nobody_reaches(task, host):
    outcome = pull(f"{host}/nothing/here:1", task, ONCE)
    assert outcome.kind is Kind.UNREACHABLE, outcome
