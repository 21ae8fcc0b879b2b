import os
from http.server import BaseHTTPRequestHandler, HTTPServer

DATABASE = os.environ["DATABASE_URL"]


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()


HTTPServer(("", 8000), Handler).serve_forever()
