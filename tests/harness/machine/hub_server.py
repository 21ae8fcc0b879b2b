"""Plays Docker Hub in a machine's network: TLS on port 443 before a registry, with faults that can be switched on.

Runs in a container and needs the standard library alone. Each line of standard input is one order, and is answered by
one line once it holds:

    {"fault": "none" | "off" | "stall" | "429" | "500", "missing": [["library/caddy", "2.11.4"], …]}

`off` refuses connections, `stall` sends the beginning of each blob and never the rest, `missing` names tags or digests
that this registry does not know. The server ends when standard input does.
"""

import http.client
import json
import re
import shutil
import ssl
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

REGISTRY_PORT = 5999      # plain HTTP: images are pushed here, and an engine may use it as a mirror
PUBLIC_PORT = 443
CERTIFICATE = "/hub/hub.pem"
CONFIG = """version: 0.1
storage: {filesystem: {rootdirectory: /var/lib/hub}, cache: {blobdescriptor: inmemory}}
http: {addr: ":%d"}
log: {level: error, accesslog: {disabled: true}}
"""
MANIFEST = re.compile(r"/v2/(?P<name>.+)/manifests/(?P<reference>[^/?]+)")
ERRORS = {
    "404": ("MANIFEST_UNKNOWN", "manifest unknown"),
    "429": ("TOOMANYREQUESTS", "You have reached your unauthenticated pull rate limit. "
                               "https://www.docker.com/increase-rate-limit"),
    "500": ("UNKNOWN", "something broke"),
}
BLOB = re.compile(r"/v2/.+/blobs/.+")
BEGINNING = 1000      # bytes of a blob that arrive although it stalls
PASSED_ON = ("Accept", "Range", "If-None-Match", "User-Agent")


class Order:
    """What holds now; `changed` is set once another order replaces this one."""

    def __init__(self, fault: str = "none", missing: list[list[str]] | None = None):
        self.fault = fault
        self.missing = {tuple(pair) for pair in missing or []}
        self.changed = threading.Event()

    def code_for(self, path: str) -> str | None:
        """The status that `path` is answered with instead of the registry's answer."""
        if self.fault in ("429", "500"):
            return self.fault
        found = MANIFEST.fullmatch(path)
        return "404" if found and (found["name"], found["reference"]) in self.missing else None

    def stalls(self, path: str, size: int) -> bool:
        """Whether the `size` bytes at `path` stop arriving. A small blob has arrived before."""
        return self.fault == "stall" and bool(BLOB.fullmatch(path)) and size > BEGINNING


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        order = self.server.order
        code = order.code_for(self.path)
        if code:
            self._refuse(code)
        else:
            self._pass_on(order)

    do_HEAD = do_GET

    def _refuse(self, code: str) -> None:
        name, message = ERRORS[code]
        body = json.dumps({"errors": [{"code": name, "message": message, "detail": {}}]}).encode()
        self.send_response(int(code))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _pass_on(self, order: Order) -> None:
        registry = http.client.HTTPConnection("127.0.0.1", REGISTRY_PORT)
        try:
            # Accept comes several times over: every type counts
            headers = {name: ", ".join(self.headers.get_all(name)) for name in PASSED_ON if name in self.headers}
            registry.request(self.command, self.path, headers=headers)
            answer = registry.getresponse()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("server", "date", "connection", "transfer-encoding"):
                    self.send_header(name, value)
            if answer.getheader("Content-Length") is None:
                self.close_connection = True
                self.send_header("Connection", "close")
            self.end_headers()
            if self.command == "HEAD":
                return
            if order.stalls(self.path, int(answer.getheader("Content-Length", 0))):
                self._stall(answer, order)
            shutil.copyfileobj(answer, self.wfile)
        finally:
            registry.close()

    def _stall(self, answer: http.client.HTTPResponse, order: Order) -> None:
        """Send the beginning; what follows waits until another order holds."""
        self.wfile.write(answer.read(BEGINNING))
        self.wfile.flush()
        order.changed.wait()

    def log_message(self, *_) -> None:
        """An engine that gives up closes connections; that is no news here."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    order = Order()

    def __init__(self):
        super().__init__(("", PUBLIC_PORT), Handler)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(CERTIFICATE)
        # the handshake is done by the connection's own thread, not by the one that accepts
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request, client_address) -> None:
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class Hub:
    """The public side, which can be away, and the order that holds."""

    def __init__(self):
        self._server: Server | None = None
        self._order = Order()

    def obey(self, order: Order) -> None:
        before, self._order = self._order, order
        if order.fault == "off":
            self._close()
        elif self._server is None:
            self._server = Server()
            threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        if self._server:
            self._server.order = order
        before.changed.set()

    def _close(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


def main() -> None:
    config = Path("/tmp/registry.yml")
    config.write_text(CONFIG % REGISTRY_PORT)
    with open("/tmp/registry.log", "wb") as log:      # each push asks for blobs that are not there yet: not for the console
        registry = subprocess.Popen(["registry", "serve", str(config)], stdin=subprocess.DEVNULL, stderr=log)
    hub = Hub()
    try:
        for line in sys.stdin:
            hub.obey(Order(**json.loads(line)))
            print("done", flush=True)
    finally:
        registry.terminate()
        registry.wait()


if __name__ == "__main__":
    main()
