"""An app with switchable behaviour, by the environment variable MODE (several, separated by commas)."""

import base64
import hashlib
import os
import signal
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MODES = set(filter(None, os.environ.get("MODE", "").split(",")))
PORT = int(os.environ.get("LISTEN", os.environ.get("PORT", "8080")))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if "hangs-up" in MODES and not self.path.startswith("/api"):      # as nginx's `return 444`
            self.close_connection = True
            return None
        if self.path == "/slow":
            time.sleep(float(os.environ.get("SLOW", "3")))
        if self.path == "/events":
            return self.events()
        if self.path == "/socket":
            return self.websocket()
        if self.path == "/headers":
            return self.answer(200, "\n".join(f"{key}: {value}" for key, value in self.headers.items()))
        status = 500 if "answers-500" in MODES else 200
        return self.answer(status, os.environ.get("VERSION", "hello"))

    def answer(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def events(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for number in range(50):
            self.wfile.write(f"data: {number}\n\n".encode())
            self.wfile.flush()
            time.sleep(0.1)
        self.close_connection = True

    def websocket(self):
        """Accepts, and sends back each short text frame with our version before it."""
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
        self.end_headers()
        while head := self.rfile.read(2):
            mask, data = self.rfile.read(4), self.rfile.read(head[1] & 0x7F)
            text = os.environ.get("VERSION", "").encode() + b":" + bytes(b ^ mask[i % 4] for i, b in enumerate(data))
            self.wfile.write(bytes([0x81, len(text)]) + text)
            self.wfile.flush()
        self.close_connection = True

    def log_message(self, text, *values):
        print("request", self.path, flush=True)


def bind_ipv6_only(server):
    server.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    server.socket.bind(server.server_address)
    server.server_name, server.server_port = server.server_address[:2]


print("starting", os.environ.get("VERSION", ""), "secret", os.environ.get("TOKEN", "none"), flush=True)
if "exit-0" in MODES:
    print("nothing to do", flush=True)
    sys.exit(0)
if "needs-variable" in MODES:
    os.environ["DATABASE_URL"]
if "hungry" in MODES:
    hoard = [bytearray(16 * 1024**2) for _ in range(64)]
if "pid-file" in MODES:                     # as Rails and others do
    if os.path.exists("/tmp/server.pid"):
        print("a server is already running, see /tmp/server.pid", flush=True)
        sys.exit(1)
    open("/tmp/server.pid", "w").close()
if "slow-import" in MODES:                  # as gunicorn: the port is open before the app is imported
    early = socket.create_server(("", PORT))
    time.sleep(float(os.environ["IMPORT"]))
    if "broken-import" in MODES:
        os.environ["SECRET_KEY"]
    early.close()
if "ipv6-only" in MODES:
    ThreadingHTTPServer.address_family = socket.AF_INET6
    ThreadingHTTPServer.server_bind = bind_ipv6_only
if "silent" in MODES:
    time.sleep(3600)
if "deaf-to-sigterm" in MODES:
    signal.signal(signal.SIGTERM, lambda *_: print("not now", flush=True))
else:
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
if "dies" in os.environ:
    threading.Timer(float(os.environ["dies"]), lambda: os._exit(3)).start()
ThreadingHTTPServer.request_queue_size = 256
ThreadingHTTPServer(("127.0.0.1" if "loopback" in MODES else "", PORT), Handler).serve_forever()
