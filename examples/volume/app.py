"""Counts its starts in a volume."""

import pathlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COUNTER = pathlib.Path("/data/starts")
STARTS = int(COUNTER.read_text()) + 1 if COUNTER.exists() else 1
COUNTER.write_text(str(STARTS))


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"start {STARTS}\n".encode())


ThreadingHTTPServer(("", 8000), Handler).serve_forever()
