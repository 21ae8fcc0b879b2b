"""Serves, and prints a thousand lines a second for as long as it lives."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"Hello in spite of the noise\n")

    def log_message(self, *_):
        pass


def chatter():
    number = 0
    while True:
        for _ in range(100):
            number += 1
            print(f"{number} " + "still here, " * 12)
        time.sleep(0.1)


threading.Thread(target=chatter, daemon=True).start()
ThreadingHTTPServer(("", 8000), Handler).serve_forever()
