"""Hand-written stand-ins for what the scanner speaks to: a registry with faults, tools as small scripts."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import sys
import tarfile
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import zstandard

from common.api.client import Dbproxy
from common.wire.contracts import ImageRef
from common.wire.errors import NotFound
from tests.harness.rows import FINDING

TOKEN = "token of "
PACKERS = {"application/vnd.oci.image.layer.v1.tar": bytes,
           "application/vnd.oci.image.layer.v1.tar+gzip": gzip.compress,
           "application/vnd.oci.image.layer.v1.tar+zstd": zstandard.compress,
           "application/vnd.docker.image.rootfs.diff.tar.gzip": gzip.compress}
GZIP, ZSTD = "application/vnd.oci.image.layer.v1.tar+gzip", "application/vnd.oci.image.layer.v1.tar+zstd"


def token(name: str) -> str:
    """What the fake registry wants to see for the images of `name`."""
    return TOKEN + name


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def tar(name: str, content: bytes) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return target.getvalue()


class FakeRegistry:
    """Serves what was pushed; `asked` are the paths. Faults: `broken` answers 500 that many times, `spoil` changes
    a blob's last byte, `cut` ends a blob early, `hang` sends half a blob and waits for `free`."""

    def __init__(self):
        self.blobs: dict[str, bytes] = {}
        self.types: dict[str, str] = {}
        self.asked: list[str] = []
        self.broken, self.spoil, self.cut, self.hang = 0, set(), set(), set()
        self.free, self.sending = threading.Event(), threading.Event()
        self.address = ""

    def push(self, *layers: tuple[bytes, str], labels: dict | None = None) -> ImageRef:
        """(tar, media type) each; answers the image."""
        entries = []
        for content, kind in layers:
            packed = PACKERS[kind](content)
            self.blobs[digest(packed)] = packed
            entries.append({"mediaType": kind, "digest": digest(packed), "size": len(packed)})
        config = json.dumps({"architecture": "amd64", "os": "linux", "config": {"Labels": labels or {}},
                             "rootfs": {"type": "layers", "diff_ids": [digest(content) for content, _ in layers]}})
        self.blobs[digest(config.encode())] = config.encode()
        manifest = {"schemaVersion": 2, "config": {"digest": digest(config.encode()), "size": len(config)},
                    "layers": entries}
        return self.push_manifest(manifest, "application/vnd.oci.image.manifest.v1+json")

    def push_manifest(self, document: dict, kind: str) -> ImageRef:
        body = json.dumps(document).encode()
        self.blobs[digest(body)], self.types[digest(body)] = body, kind
        return ImageRef(repository="ann/shop", digest=digest(body))

    def layers_asked(self) -> list[str]:
        return [path for path in self.asked if "/blobs/" in path]

    @contextmanager
    def serving(self):
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.address = f"http://127.0.0.1:{server.server_port}"
        try:
            yield self
        finally:
            self.free.set()
            server.shutdown()
            server.server_close()


def _handler(registry: FakeRegistry):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self):
            registry.asked.append(self.path)
            name = self.path.rpartition("/")[2]
            if self.headers.get("Authorization") != f"Bearer {TOKEN}{self.path.split('/', 2)[2].rsplit('/', 2)[0]}":
                return self.answer(401, b"{}")
            if registry.broken:
                registry.broken -= 1
                return self.answer(500, b"{}")
            if name not in registry.blobs:
                return self.answer(404, b"{}")
            body = registry.blobs[name]
            if name in registry.spoil:
                body = body[:-1] + bytes([body[-1] ^ 1])
            return self.answer(200, body, name)

        def answer(self, status: int, body: bytes, name: str = ""):
            self.send_response(status)
            self.send_header("Content-Type", registry.types.get(name, "application/octet-stream"))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if name in registry.cut or name in registry.hang:
                self.wfile.write(body[:len(body) // 2])
                registry.sending.set()
                self.close_connection = True
                if name in registry.hang:
                    registry.free.wait(20)
                return
            self.wfile.write(body)

        def log_message(self, *arguments):
            """Quiet."""

    return Handler


class FakeDbproxy(Dbproxy):
    """Keeps what was stored, by its path; `scans` are the findings of earlier runs."""

    def __init__(self):
        super().__init__(self)
        self.stored: dict[str, object] = {}
        self.scans: dict[int, list[dict]] = {}
        self.problem: Exception | None = None
        self.lock = threading.Lock()

    def call(self, method, path, *, json=None, params=None, **_):
        return self._store(path, json) if method == "PUT" else self._findings(int(path.split("/")[3]), params)

    def send(self, method, path, *, data=None, **_):
        if method == "PUT":
            self._store(unquote(path), data)
        elif unquote(path) not in self.stored:
            raise NotFound("no such document")

    def _store(self, path, content):
        if self.problem:
            raise self.problem
        with self.lock:
            self.stored[path] = content

    def _findings(self, run, params):
        if run not in self.scans:
            raise NotFound("never scanned")
        page, per_page = int(params["page"]), int(params["per_page"])
        rows = [{**FINDING, **row} for row in self.scans[run]]
        return {"items": rows[(page - 1) * per_page:page * per_page], "total": len(rows), "page": page, "per_page": per_page}


def tool(folder: Path, name: str, body: str) -> None:
    """A program `name` in `folder`: Python that sees `args` (its arguments)."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!{sys.executable} -SE\nimport json, os, sys, time\nargs = sys.argv[1:]\n{body}\n")
    path.chmod(0o755)


def match(vulnerability: str = "CVE-2026-0001", package: str = "openssl", version: str = "3.0.1", *,
          severity: str = "Critical", fixed: str | None = "3.0.2", kind: str = "deb", related: tuple = (),
          path: str = "/var/lib/dpkg/status", epss: float | None = None, exploited: bool = False) -> dict:
    """One match as Grype writes it."""
    return {"vulnerability": {"id": vulnerability, "severity": severity, "dataSource": f"https://x/{vulnerability}",
                              "description": "it breaks", "risk": 1.5,
                              "fix": {"versions": [fixed] if fixed else [], "state": "fixed" if fixed else "not-fixed"},
                              **({"epss": [{"cve": vulnerability, "epss": epss}]} if epss else {}),
                              **({"knownExploited": [{"cve": vulnerability}]} if exploited else {})},
            "relatedVulnerabilities": [{"id": name} for name in related],
            "artifact": {"name": package, "version": version, "type": kind, "purl": f"pkg:{kind}/{package}",
                         "locations": [{"path": path}]}}
