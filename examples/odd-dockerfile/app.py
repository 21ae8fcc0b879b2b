import os
import pathlib
from http.server import BaseHTTPRequestHandler, HTTPServer

TEXT = "".join(pathlib.Path(name).read_text() for name in ("greeting.txt", "end.txt"))


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(TEXT.encode())


HTTPServer(("", int(os.environ["APP_PORT"])), Handler).serve_forever()
