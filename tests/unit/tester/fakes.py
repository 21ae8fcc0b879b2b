"""Hand-written stand-ins for what the tester speaks to, with switchable faults."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

from common.api.client import Dbproxy
from common.wire.contracts import TestInputs
from common.wire.errors import Conflict, NotFound
from common.worker.jobs import Cancel

DIGEST = "sha256:" + "a" * 64


class Candidate(BaseHTTPRequestHandler):
    """An app; its paths say how it misbehaves."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    seen: list[tuple[str, str, dict, bytes]] = []

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.seen.append((self.command, self.path, dict(self.headers), body))
        {"/slow": self.slow, "/drip": self.drip, "/hang": self.hang, "/moved": self.moved, "/big": self.big,
         "/crash": self.crash}.get(self.path, self.plain)()

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = do_OPTIONS = handle_any

    def plain(self, status: int = 200, text: str = "Hello, wörld\n", kind: str = "text/plain; charset=utf-8"):
        if self.path == "/broken":
            status, text = 500, "Traceback: it broke\n"
        if self.path == "/latin":
            kind = "text/plain; charset=latin-1"
        body = text.encode("latin-1" if "latin" in kind else "utf-8")
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def slow(self):
        self.server.free.wait(0.15)
        self.plain()

    def moved(self):
        self.send_response(302)
        self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/secret")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def big(self):
        self.send_response(200)
        self.send_header("Content-Length", str(3 * 1024**2))
        self.end_headers()
        self.wfile.write(b"x" * 3 * 1024**2)

    def drip(self):
        """A body that never ends."""
        self.send_response(200)
        self.end_headers()
        try:
            while not self.server.free.wait(0.02):
                self.wfile.write(b".")
        except OSError:
            self.close_connection = True
        self.close_connection = True

    def hang(self):
        self.server.free.wait(20)
        self.close_connection = True

    def crash(self):
        self.close_connection = True

    def log_message(self, *arguments):
        """Quiet."""


@contextmanager
def serving(handler):
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.free = threading.Event()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server
    finally:
        server.free.set()
        server.shutdown()
        server.server_close()


class FakeStream:
    """A response of the deployer: ndjson, cut at odd places, as it is produced."""

    def __init__(self, deployer, path):
        self.deployer, self.path, self.raw = deployer, path, self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def stream(self, size, decode_content):
        for message in self.deployer.output:
            data = json.dumps(message).encode() + b"\n"
            yield data[:3]
            yield data[3:]
        if self.deployer.endless:
            ended = self.deployer.ended_event.wait(20)
            yield json.dumps({"exit": 137, "reason": "ended" if ended else "never ended"}).encode() + b"\n"


class FakeDeployer:
    """Answers commands with `output`; with `endless`, goes on until the DELETE."""

    def __init__(self):
        self.output: list[dict] = []
        self.endless = False
        self.secret: str | None = "a secret of the candidate"
        self.refusal: Exception | None = None
        self.ended_event = threading.Event()
        self.requests: list[tuple[str, dict]] = []
        self.deleted: list[str] = []
        self.deployments: list[dict] = []

    def send(self, method, path, *, json, stream, timeout):
        assert method == "PUT" and stream
        if self.refusal:
            raise self.refusal
        self.requests.append((path, json))
        return FakeStream(self, path)

    def delete(self, path, **options):
        self.deleted.append(path)
        self.ended_event.set()

    def post(self, path, json):
        """The masking of texts: `secret` is the only secret; None stands for a container that is gone."""
        assert path.startswith("/v1/deployments/") and path.endswith("/mask")
        if self.secret is None:
            raise NotFound("no container")
        return {"texts": [text.replace(self.secret, "***") for text in json["texts"]]}

    def get(self, path, **options):
        return {"version": 1, "deployments": self.deployments}


class FakeDbproxy(Dbproxy):
    """`calls`: (path, the body as JSON or how it was sent)."""

    def __init__(self):
        super().__init__(self)
        self.calls: list[tuple[str, dict]] = []
        self.broken = False

    def call(self, method, path, *, json, **_):
        self.send(method, path, **json)

    def send(self, method, path, **sent):
        if self.broken:
            raise Conflict("refused")
        self.calls.append((unquote(path), sent))


class Services:
    def __init__(self):
        self.deployer, self.dbproxy = FakeDeployer(), FakeDbproxy()


def inputs(config=None, *, deployment=3, address=(None, None), protocol="http") -> TestInputs:
    host, port = address
    return TestInputs.model_validate({
        "run": 7, "attempt": 1, "repo": {"id": 5, "forge": "local", "owner": "ann", "name": "shop"}, "ref": "main",
        "commit": "c" * 40, "deployment": deployment, "image": {"repository": "ann/shop", "digest": DIGEST},
        "host": host, "port": port, "protocol": protocol, "config": config or {}})


def request_soon(cancel: Cancel, seconds: float = 0.1) -> None:
    threading.Timer(seconds, cancel.request).start()

