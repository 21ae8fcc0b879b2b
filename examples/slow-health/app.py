"""Takes five seconds to warm up: its port answers 503 until then."""

import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

READY = time.monotonic() + 5


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        ready = time.monotonic() > READY
        self.send_response(200 if ready else 503)
        self.end_headers()
        self.wfile.write(b"warm\n" if ready else b"cold\n")


ThreadingHTTPServer(("", 8000), Handler).serve_forever()
