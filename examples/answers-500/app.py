from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        print("the database said no", flush=True)
        self.send_error(500, "Broken")


ThreadingHTTPServer(("", 8000), Handler).serve_forever()
