"""A small server behind a certificate of our own authority, as `./continuum up` makes it."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cli.certificates import ensure_certificates, new_token_key


class Seen(BaseHTTPRequestHandler):
    """Answers 404, and remembers who came."""

    def do_GET(self):
        self.server.seen.append(self.headers.get("Authorization"))
        self.send_error(404)

    def log_message(self, *_):
        """Quiet."""


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, Path, list[str | None]]]:
    """(URL, the authority's certificate, the Authorization headers that arrived)"""
    ensure_certificates(folder, new_token_key())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.crt", folder / "server.key")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Seen)
    server.seen = []
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"https://127.0.0.1:{server.server_port}", folder / "ca.crt", server.seen
    finally:
        server.shutdown()
        server.server_close()
