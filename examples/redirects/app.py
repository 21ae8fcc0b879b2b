"""Answers / with a redirect and everything else with 404, in good health."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/":
            self.send_response(302)
            self.send_header("Location", "/welcome")
            self.end_headers()
        else:
            self.send_error(404)


ThreadingHTTPServer(("", 8000), Handler).serve_forever()
